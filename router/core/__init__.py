"""Query and rulebook in, decision out; no clock, disk, network, logging or asyncio."""
