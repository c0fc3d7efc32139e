"""The chat page, the stock Web Chat beside it, and the snippet for other sites."""

from bot.channels.webchat.page import WebChat, WebChatSettings

__all__ = ["WebChat", "WebChatSettings"]
