"""What is wrong with a business file, in words a layman can act on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `line` from 1, `path` such as `services[2].minutes`."""

    file: str
    line: int
    path: str
    reason: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.path}\n    {self.reason}\n    -> {self.cure}"


class BusinessFileInvalid(Exception):
    """A business file with mistakes; `problems` is the whole list."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
