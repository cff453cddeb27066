#!/usr/bin/env bash
# Brings what the tests need beside Go: Dovecot (IMAP tests), Chromium (browser
# tests), a C compiler (race detector), age, pdftotext and tesseract (outside
# readers of snapshots, PDF and pictures). As root through apt, else it names the command.
set -euo pipefail
declare -A package=([pdftotext]=poppler-utils [dovecot]=dovecot-imapd [chromium]=chromium [gcc]=gcc [age]=age [tesseract]=tesseract-ocr)
missing=()
for program in "${!package[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("${package[$program]}")
done
[ -e /usr/include/grp.h ] || missing+=(libc6-dev) # gcc alone only recommends it
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  # Debian's packages would start a mail server on the machine; the tests start their own.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit 0
fi
echo "Missing: ${missing[*]}. Install them with: sudo apt-get install --no-install-recommends ${missing[*]}"
echo "Until then the tests that need them are left out, each with a line that says so."
[ "${CI:-}" != true ] || exit 1
