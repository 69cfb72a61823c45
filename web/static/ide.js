// Starts GraphiQL. The bearer token goes into its "Headers" pane and stays in this browser.
const WELCOME = `# Orderloom's GraphQL API. Put your token into "Headers" below:
#   {"Authorization": "Bearer <token>"}
# \`orderloom token --name you --role agent\` prints one. Then press Ctrl-Enter.

query Newest {
  orders(first: 10) {
    nodes { number status paymentStatus total { text } placedAt }
    pageInfo { hasNextPage endCursor }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: window.location.pathname }),
    defaultQuery: WELCOME,
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
  }),
);
