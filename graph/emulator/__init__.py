"""A local stand-in for Microsoft Graph: a program of its own that shares no code with the client."""
