# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of a benchmark as text for people: results.md, and bars of the ratios in results.svg."""
import os
import platform
import subprocess

VERSIONS = {"tcpchat": "--version", "ncat": "--version", "socat": "-V", "redis-server": "--version"}
PACKAGES = {"nc.openbsd": "netcat-openbsd", "nc.traditional": "netcat-traditional"}


def shown(figure):
    return f"{figure:.2f}" if figure < 100 else f"{figure:.0f}"


def verdict(result, tool):
    """Of a tool whose figure tcpchat's is held against; of tcpchat's own where that has a bound."""
    asked, most = result.row.asked.get(tool), result.row.most.get(tool)
    if asked is not None:
        return f"{asked:g}: {'reached' if result.ratio(tool) >= asked else 'missed'}"
    if most is None:
        return ""
    bound = most if tool == "tcpchat" else result.median(tool) + most
    return f"at most {shown(bound)}: {'reached' if result.median('tcpchat') <= bound else 'missed'}"


def table(result):
    """A row of the benchmark as a table in Markdown; tcpchat's ratio to each of the others."""
    lines = [f"### {result.row.name} ({result.row.unit}{', less is better' if result.row.less_is_more else ''})", "",
             "| | median | spread | tcpchat is better by | asked |", "|---|---|---|---|---|"]
    for tool, figures in result.figures.items():
        has_failed = "tcpchat" in result.failed
        ratio = "" if tool == "tcpchat" or has_failed else f"{result.ratio(tool):.2f}"
        lines.append(f"| {tool} | {shown(result.median(tool))} | {result.spread(tool):.0f} % | {ratio} "
                     f"| {'' if has_failed else verdict(result, tool)} |")
    lines += [f"| {tool} | failed: {why} | | | |" for tool, why in result.failed.items()]
    return "\n".join(lines) + "\n"


def version_of(tool, program):
    """The first line in which a program tells its version, else its package's."""
    if tool in PACKAGES:
        argv = ["dpkg-query", "-W", "-f", "${Package} ${Version}", PACKAGES[tool]]
    elif tool in VERSIONS:
        argv = [program, VERSIONS[tool]]
    else:
        return None
    try:
        run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        return None
    lines = [line for line in run.stdout.splitlines() if any(character.isdigit() for character in line)]
    return lines[0].strip() if lines else None


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{os.cpu_count()} processors ({model}), Linux {platform.release()}"


# The picture.

WIDTH, BAR, LABEL, NAMES, SCALE = 760, 18, 250, 130, 90
STYLE = ("text{font:13px sans-serif;fill:#333}.peer{fill:#4c8bf5}.limit{fill:#9aa7b5}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}}")


def bars(results):
    """(row, tool, ratio) of all that have one; the first bar of a row has its name."""
    found = []
    for result in results:
        name = result.row.name
        for tool in result.figures:
            if tool != "tcpchat" and "tcpchat" not in result.failed:
                found.append((name, tool, result.ratio(tool)))
                name = ""
    return found


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def picture(results):
    found = bars(results)
    lines = []
    y = 30
    for name, tool, ratio in found:
        y += 10 if name else 0
        length = min(ratio * SCALE, WIDTH - LABEL - NAMES - 60)
        start = LABEL + NAMES
        lines += [f'<text x="4" y="{y + 13}">{escaped(name)}</text>',
                  f'<text x="{LABEL}" y="{y + 13}">{tool}</text>',
                  f'<rect class="{"limit" if tool == "bare" else "peer"}" x="{start}" y="{y}" width="{length:.1f}" '
                  f'height="{BAR - 4}"/>',
                  f'<text x="{start + length + 5:.1f}" y="{y + 13}">{ratio:.2f}</text>']
        y += BAR
    one = LABEL + NAMES + SCALE
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 12}" '
            f'viewBox="0 0 {WIDTH} {y + 12}">', f"<style>{STYLE}</style>",
            '<text x="4" y="16">How many times faster tcpchat is (bare: the limit of the machine)</text>',
            f'<line x1="{one}" y1="24" x2="{one}" y2="{y}" stroke="#888" stroke-dasharray="3 3"/>']
    return "\n".join([*head, *lines, "</svg>"]) + "\n"


def write(results, rounds, folder, program):
    tools = dict.fromkeys(tool for result in results for tool in result.row.tools)
    versions = [f"- {tool}: {version}" for tool in tools
                if (version := version_of(tool, program if tool == "tcpchat" else tool))]
    text = ["# Results", "", f"Medians of {rounds} rounds; the tools of a row took turns. The spread is the distance of the "
            "extremes.", "`bare` is the least that a program can do: the limit of the machine. `scripts/bench` repeats it "
            "all.", "", f"- machine: {machine()}", *versions, "", *(table(result) for result in results)]
    (folder / "results.md").write_text("\n".join(text), encoding="utf-8")
    (folder / "results.svg").write_text(picture(results), encoding="utf-8")
