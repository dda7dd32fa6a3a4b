"""Headless Chromium: what a page looks like, and what its script found."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=5000"),
)

# Boxes in pixels of the page. A text may touch its neighbour, but not lie on it.
MEASURE = """
<script>
const report = {errors: [], texts: [], frames: [], wide: 0, room: 0, images: []};
window.onerror = (message) => report.errors.push(String(message));
window.addEventListener("load", () => {
  const box = (e) => (({left, top, right, bottom}) => [left, top, right, bottom])(
    e.getBoundingClientRect());
  for (const svg of document.querySelectorAll("svg")) {
    const texts = [...svg.querySelectorAll("text")];
    report.frames.push(box(svg));
    report.texts.push(texts.map((t) => [t.textContent, ...box(t)]));
  }
  for (const img of document.querySelectorAll("img"))
    report.images.push([img.complete && img.naturalWidth, img.alt.length]);
  report.wide = document.documentElement.scrollWidth;
  report.room = document.documentElement.clientWidth;
  const pre = document.createElement("pre");
  pre.id = "report"; pre.hidden = true; pre.textContent = JSON.stringify(report);
  document.body.append(pre);
});
</script>
"""


def page(body: str, *, dark: bool) -> str:
    """Return a page as a notebook or a repository would show the body."""
    background, ink = ("#0d1117", "#e6edf3") if dark else ("#ffffff", "#1f2328")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>pictures</title>{MEASURE}'
        f'<body style="margin:16px;background:{background};color:{ink};'
        f'font:14px sans-serif">{body}</body></html>'
    )


def measured(path: Path) -> dict[str, Any]:
    """Return what the script of a page found, with all that the console got."""
    done = _run(path, "--dump-dom")
    found = re.search(r'<pre id="report" hidden="">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr
    report: dict[str, Any] = json.loads(unescape(found[1]))
    report["console"] = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return report


def screenshot(path: Path, picture: Path, size: tuple[int, int]) -> None:
    """Save what a page looks like as PNG."""
    done = _run(path, f"--screenshot={picture}", "--window-size={},{}".format(*size))
    assert picture.exists(), done.stderr


def _run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    profile = f"--user-data-dir={path.parent / 'profile'}"
    command = [CHROMIUM, *QUIET, profile, *arguments, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
