// Times in the visitor's own time zone; without this script they stand in UTC.
const FORM = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

function localize(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, FORM);
  for (const time of root.querySelectorAll("time")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}

localize(document);
document.body.addEventListener("htmx:afterSettle", () => localize(document));
