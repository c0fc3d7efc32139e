"""What a booking is. Nothing but `scheduling.store` does I/O."""
