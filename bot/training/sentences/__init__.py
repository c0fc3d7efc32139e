"""What the intent model is trained on; see NOTICE.md."""
