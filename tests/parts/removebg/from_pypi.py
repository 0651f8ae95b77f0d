"""Drives `removebg` and `remove-bg-api` as their documentation shows: python from_pypi.py KEY PHOTO URL."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import remove_bg_api
import removebg
from requests.exceptions import HTTPError

key, photo, url = sys.argv[1:]
encoded = base64.b64encode(Path(photo).read_bytes()).decode()
told = {}

client = removebg.RemoveBg(key, "error.log")
client.remove_background_from_img_file(photo)
client.remove_background_from_img_file(photo, size="4k", bg_color="ff0000")
Path(f"{photo}_no_bg.png").rename("red.jpg")
client.remove_background_from_img_file(photo)
client.remove_background_from_base64_img(encoded, new_file_name="from-base64.png")
client.remove_background_from_img_url(url, new_file_name="from-url.png")
try:
    removebg.RemoveBg("nobody", "error.log").remove_background_from_img_file(photo)
except HTTPError as error:
    told["refused"] = error.response.status_code

other = remove_bg_api.RemoveBg(key)
told["before"] = other.account.get_balance_dict()["total"]
Path("bytes.png").write_bytes(other.remove_bg_bytes(Path(photo).read_bytes(), size="auto"))
told["charged"] = told["before"] - other.account.balance()
options = {"size": "full", "format": "zip", "crop": "true", "crop_margin": "10%"}
other.remove_bg_file(photo, out_path="both.zip", raw=False, data=options)
try:
    other.remove_bg_base64(base64.b64encode(b"no photo").decode())
except remove_bg_api.Errors.ApiErrorCode400:
    told["bad"] = 400
print(json.dumps(told))
