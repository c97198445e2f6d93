#!/bin/sh
# See to it that the Debian packages of .ci/packages are installed.
cd "$(dirname "$0")" || exit 1
missing=""
while read -r name; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q "ok installed" || missing="$missing $name"
done < packages
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need Debian packages. Run: sudo apt-get install -y$missing" >&2
    exit 1
fi
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing > /dev/null
