"""business.yaml -> catalog. Every error in one list, with file, line, path, reason and cure."""

from bot.business_file.problems import BusinessFileInvalid, Problem
from bot.business_file.reading import check, json_schema, load

__all__ = ["BusinessFileInvalid", "Problem", "check", "json_schema", "load"]
