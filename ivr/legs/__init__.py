"""Other ways into a call than SIP: text (chat, tests), replay of a journal."""
