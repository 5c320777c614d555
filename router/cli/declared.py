"""The command line as plain data, which `python -m router.cli.declaring` writes."""

HELP: dict[tuple[str, ...], str] = {
    (): "Route questions to MCP servers and A2A agents by rules that a team keeps in git.",
    ("q",): "Route a question by the rules and carry it out; the answer goes to standard output.",
    ("explain",): "Print which rule wins and why the others do not; calls no server and no model.",
    ("orchestrate",): (
        "Plan several steps where no rule decides, show them, and carry them out with live progress."
    ),
    ("discover",): "List the tools and skills on offer, and keep them in the catalogue.",
    ("pin",): "Show how what servers and agents say of themselves differs from ts.lock, and write it there.",
    ("init",): (
        "Write a starter ts.toml, rules and prompts that answer questions about a repository and a machine."
    ),
    ("import",): (
        "Print the MCP servers of another tool's settings as tables of ts.toml, or write them there."
    ),
    ("doctor",): (
        "Check the set-up: settings, rules, state, search, and every server and agent by connecting to it."
    ),
    ("status",): (
        "Show which servers and agents are left alone since they failed again and again; calls nobody."
    ),
    ("serve",): "Be one MCP server for all servers and agents: over standard input and output, or over HTTP.",
    ("budget",): "Show what models cost this month by day, model, pool and question, and what is left.",
    ("log",): "List what was asked in this project: decision, plan, model, cost and state.",
    ("rules",): "Author and check rules.",
    ("snapshot",): "Keep decisions in git.",
    ("cache",): "Look after plans that are remembered.",
    ("auth",): "Keep secrets that settings name.",
    ("task",): "Look after agents' tasks that wait.",
    ("learn",): "Propose rules, in shadow, of what models answered, and prove each on the record.",
    ("rules", "check"): (
        "Check the rules against their examples, the recorded queries and what servers and agents offer."
    ),
    ("rules", "test"): (
        "Run examples and recorded queries against the whole rulebook, and say what they leave out."
    ),
    ("rules", "diff"): (
        "Compare decisions under the rules of a git revision with those of today, or of another revision."
    ),
    ("rules", "try"): (
        "Say which recorded queries the rules of a file would take, from where, and which new ties they make."
    ),
    ("rules", "new"): "Write a rule that takes this question, show it, and say what it changes.",
    ("rules", "fmt"): (
        "Lay rule files out: tables by name, keys in order, one example a line; comments are kept."
    ),
    ("rules", "list"): "List the rules with layer, stage, owner and targets.",
    ("rules", "show"): (
        "Show one rule: as it is written, what it asks for with its lists written out, and its neighbours."
    ),
    ("rules", "schema"): (
        "Print a JSON Schema for editors, write all of them into a project, or check those that are there."
    ),
    ("snapshot", "check"): "Compare the decisions of the recorded queries with corpus/decisions.txt.",
    ("snapshot", "update"): "Write the decisions of the recorded queries to corpus/decisions.txt.",
    ("cache", "stats"): "Say how many plans are remembered, and how often one was of use.",
    ("cache", "list"): "List the plans that are remembered, the newest first.",
    ("cache", "show"): "Show one plan that is remembered.",
    ("cache", "clear"): "Forget all plans.",
    ("auth", "set"): "Keep a secret, which standard input gives or a hidden prompt asks for.",
    ("auth", "get"): "Print a secret, from wherever it is found first.",
    ("auth", "list"): (
        "List the names of the secrets that are kept, and where each is found; the first place is used."
    ),
    ("auth", "rm"): "Forget a secret.",
    ("auth", "login"): (
        "Sign in to an MCP server as yourself: prints the address to open, and waits for you to come back."
    ),
    ("task", "list"): (
        "List the tasks that wait for an answer and began in this project; with AGENT, what that keeps."
    ),
    ("task", "cancel"): "Have the agent give up a task that waits.",
    ("learn", "promote"): (
        "Make a rule live that is in shadow, and show which recorded queries go another way."
    ),
}
"""What each command says of itself, by the words that lead to it."""

OPTIONS: dict[tuple[str, ...], tuple[tuple[tuple[str, ...], str, bool, bool], ...]] = {
    (): (
        (("--version",), "version", False, False),
        (("-C", "--directory"), "directory", True, False),
        (("--install-completion",), "install_completion", False, False),
        (("--show-completion",), "show_completion", False, False),
    ),
    ("q",): (
        ((), "text", True, True),
        (("-f", "--faves"), "faves", False, False),
        (("-u", "--useful"), "useful", False, False),
        (("-e", "--essential"), "essential", False, False),
        (("-w", "--words"), "words", True, True),
        (("--set",), "facts", True, True),
        (("--attach",), "attach", True, True),
        (("--json",), "as_json", False, False),
        (("--dry-run",), "dry_run", False, False),
        (("--no-planner",), "no_planner", False, False),
        (("--timeout",), "timeout", True, False),
        (("--stream",), "stream", False, False),
        (("--save",), "save", True, False),
        (("--task",), "task", True, False),
    ),
    ("explain",): (
        ((), "text", True, True),
        (("-f", "--faves"), "faves", False, False),
        (("-u", "--useful"), "useful", False, False),
        (("-e", "--essential"), "essential", False, False),
        (("-w", "--words"), "words", True, True),
        (("--set",), "facts", True, True),
        (("--attach",), "attach", True, True),
        (("--json",), "as_json", False, False),
        (("--want",), "want", True, False),
        (("--last",), "last", False, False),
    ),
}
"""Flags, parameter, whether it takes a value, whether it repeats; arguments are without flags."""
