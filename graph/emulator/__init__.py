"""A local stand-in for Microsoft Graph: a program that shares no code with the client."""
