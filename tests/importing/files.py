"""Settings as the tools that servers come from have them, one of each; every secret in them is made up."""

from __future__ import annotations

from typing import Final

CLAUDE: Final = """\
{
  "globalShortcut": "Ctrl+Space",
  "mcpServers": {
    "filesystem": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/ann/Desktop", "/home/ann/Downloads"]
    },
    "brave-search": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-brave-search"],
      "env": { "BRAVE_API_KEY": "BSA-made-up" }
    },
    "postgres": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-postgres", "postgresql://ann:hunter2@localhost/mydb"]
    }
  }
}
"""

CURSOR: Final = """\
{
  "mcpServers": {
    "My Docs (local)": {
      "type": "stdio",
      "command": "${userHome}/bin/docs",
      "args": ["--root", "${workspaceFolder}/docs", "--name=${workspaceFolderBasename}"],
      "env": { "API_KEY": "${env:DOCS_KEY}" },
      "envFile": "${workspaceFolder}/.env"
    },
    "linear": { "url": "https://mcp.linear.app/sse" },
    "shop": {
      "url": "https://shop.example.com/mcp",
      "headers": { "Authorization": "Bearer ${env:SHOP_TOKEN}", "X-Api-Key": "made-up" },
      "auth": { "CLIENT_ID": "cursor", "CLIENT_SECRET": "made-up-too", "scopes": ["read", "write"] }
    }
  }
}
"""

VSCODE: Final = """\
{
  // what the team shares
  "inputs": [
    { "type": "promptString", "id": "perplexity-key", "description": "API key", "password": true },
    { "type": "pickString", "id": "level", "options": ["info", "debug"], "default": "info" },
  ],
  "servers": {
    "perplexity": {
      "type": "stdio",
      "command": "docker",
      "args": ["run", "-i", "--rm", "-e", "PERPLEXITY_API_KEY=${input:perplexity-key}", "mcp/perplexity"],
      "env": { "LOG": "${input:level}", "GONE": null },
      "cwd": "${workspaceFolder}/servers", /* beside the code */
      "dev": { "watch": "src/**/*.ts" },
    },
    "github": { "type": "http", "url": "https://api.githubcopilot.com/mcp/" },
    "asks": { "type": "http", "url": "https://${input:host}/mcp" },
    "config": { "command": "x", "args": ["${config:python.path}"] },
  },
}
"""

WINDSURF: Final = """\
{
  "mcpServers": {
    "remote": {
      "serverUrl": "https://mcp.example.com/mcp",
      "headers": { "Authorization": "${file:~/.token}" },
      "disabledTools": ["drop_table"]
    }
  }
}
"""

ZED: Final = """\
// Zed settings
{
  "vim_mode": true,
  "context_servers": {
    "time": { "source": "custom", "command": "uvx", "args": ["mcp-server-time"], "env": {} },
    "older": {
      "command": { "path": "/opt/older", "args": ["run"], "env": { "MODE": "fast" } },
      "settings": {},
    },
    "postgres-context-server": { "settings": { "database_url": "postgresql://ann@localhost/db" } },
    "off": { "source": "custom", "url": "https://zed.example.com/mcp", "enabled": false },
  },
}
"""

CLINE: Final = """\
{
  "mcpServers": {
    "weather": {
      "autoApprove": ["forecast"],
      "disabled": false,
      "timeout": 1800,
      "type": "stdio",
      "command": "node",
      "args": ["/srv/weather/build/index.js"]
    },
    "sleeping": {
      "type": "streamableHttp",
      "url": "https://sleep.example.com/mcp",
      "disabled": true,
      "alwaysAllow": []
    }
  }
}
"""

GEMINI: Final = """\
{
  "theme": "Dracula",
  "mcp": { "excluded": ["python"] },
  "mcpServers": {
    "python": {
      "command": "python",
      "args": ["-m", "my_server", "--at", "$HOME/data"],
      "cwd": "./servers/python",
      "env": { "DATABASE_URL": "$DB_URL", "API_KEY": "${EXTERNAL_KEY:-}" },
      "timeout": 600,
      "trust": true,
      "includeTools": ["safe_tool", "read[1]"],
      "excludeTools": ["rm"]
    },
    "http": { "httpUrl": "http://localhost:3000/mcp", "timeout": 5000 },
    "events": { "url": "http://localhost:8080/events" },
    "both": { "httpUrl": "http://localhost:1/mcp", "url": "http://localhost:1/sse" }
  }
}
"""

CODEX: Final = """\
model = "gpt-5"

[mcp_servers.figma]
url = "https://mcp.figma.com/mcp"
bearer_token_env_var = "FIGMA_TOKEN"
http_headers = { "X-Region" = "eu" }
env_http_headers = { "X-Team" = "FIGMA_TEAM" }
startup_timeout_sec = 20
tool_timeout_sec = 4500
enabled_tools = []

[mcp_servers.local]
command = "local"
env_vars = ["LOCAL_TOKEN"]
enabled = false
disabled_tools = ["rm"]
"""

COMBINE: Final = """\
{
  "mcpServers": {
    "shortcut": {
      "command": "npx",
      "args": ["-y", "@shortcut/mcp"],
      "env": { "SHORTCUT_API_TOKEN": "made-up" },
      "tools": { "allowed": ["search-stories", "get_story"] }
    },
    "silent": { "command": "silent", "tools": { "allowed": [], "denied": ["x"] } },
    "plain": { "command": "plain", "tools": null }
  }
}
"""

COMBINE_LIST: Final = """\
{ "servers": [
  { "name": "one", "command": "one", "tools": {} },
  { "name": "one", "command": "two" },
  { "command": "nameless" },
  "nothing"
] }
"""

COPILOT: Final = """\
{ "mcpServers": {
  "all": { "type": "local", "command": "all", "tools": ["*"] },
  "some": { "type": "http", "url": "https://some.example.com/mcp", "tools": ["read_*", "get"] }
} }
"""

TEAM: Final = """\
# the same in YAML
defaults: &defaults
  command: uvx
  env: {PORT: 8080, DEBUG: true, RATE: 0.5}
mcpServers:
  clock:
    <<: *defaults
    args: [mcp-server-time, --port, 8080]
  remote:
    command: null
    url: https://remote.example.com/mcp
    timeout: 90
    description: Far away.
    env: {A: b}
"""
