#!/bin/sh
# The page tests drive Debian's chromium; Chinese text on screenshots needs a CJK font.
need=""
command -v chromium >/dev/null 2>&1 || need="chromium"
fc-list 2>/dev/null | grep -qi 'noto.*cjk' || need="$need fonts-noto-cjk"
[ -z "$need" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the page tests: $need"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need fontconfig >/dev/null
else
    echo "The page tests need these Debian packages: $need. Install them: sudo apt-get install $need" >&2
    exit 1
fi
