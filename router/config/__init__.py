"""Settings of the project's file, the person's and the environment, merged and checked; it acts on none."""

from router.config.project import Project, find_project, home_directory, load_project
from router.config.tables import A2aTable, McpTable, SettingsTable
from router.config.variables import unknown_variables

__all__ = [
    "A2aTable",
    "McpTable",
    "Project",
    "SettingsTable",
    "find_project",
    "home_directory",
    "load_project",
    "unknown_variables",
]
