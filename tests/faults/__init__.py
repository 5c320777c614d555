"""Every fault of a server or agent, over every transport."""
