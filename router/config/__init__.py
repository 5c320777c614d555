"""Settings of the project's file, the person's and the environment, merged and checked; it acts on none."""

from router.config.peers import A2aTable, McpTable
from router.config.project import Project, find_project, home_directory, load_project, settings_with
from router.config.tables import SettingsTable
from router.config.variables import unknown_variables
from router.places import PROJECT_FILE

__all__ = [
    "PROJECT_FILE",
    "A2aTable",
    "McpTable",
    "Project",
    "SettingsTable",
    "find_project",
    "home_directory",
    "load_project",
    "settings_with",
    "unknown_variables",
]
