# SPDX-License-Identifier: GPL-2.0
"""What came of a test, and how a person is told."""

import dataclasses
import os

OK, SKIP, FAIL = "ok", "skip", "FAIL"

# Reasons shown for one failure; the logs have the rest.
SHOWN = 12


@dataclasses.dataclass
class Result:
    name: str
    where: str
    outcome: str
    seconds: float
    reasons: list = dataclasses.field(default_factory=list)
    logs: list = dataclasses.field(default_factory=list)

    def text(self):
        lines = [f"{self.outcome:4} {self.seconds:6.1f}s  {self.name}  {self.where}".rstrip()]
        if self.outcome == SKIP and self.reasons:
            lines[0] += f"  ({self.reasons[0]})"
        if self.outcome == FAIL:
            lines += [f"        {reason}" for reason in self.reasons[:SHOWN]]
            if len(self.reasons) > SHOWN:
                lines.append(f"        and {len(self.reasons) - SHOWN} more")
            lines += [f"        see {os.path.relpath(log)}" for log in self.logs]
        return "\n".join(lines)


def summary(results):
    """The last line of a run: `N passed, N failed`."""
    count = {outcome: sum(result.outcome == outcome for result in results)
             for outcome in (OK, SKIP, FAIL)}
    text = f"{count[OK]} passed, {count[FAIL]} failed"
    return text + (f", {count[SKIP]} skipped" if count[SKIP] else "")
