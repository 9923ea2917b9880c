"""curl with the TLS stack and settings of Chrome, asking for one page: ``chrome_like.py NAME``."""

import sys

from curl_cffi import requests

answer = requests.get(
    f"https://{sys.argv[1]}/index.html", impersonate="chrome", verify="root.pem", timeout=10
)
print(answer.status_code)
