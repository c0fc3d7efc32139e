"""In which form of address texts speak to customers: as the business wishes, at the last moment.

What is stored of a customer is a plain language; so a business that changes its mind changes
what is said of bookings made before.
"""

from bot.texts.catalogue import INFORMAL_GERMAN, language_of
from scheduling.booking import Booking
from scheduling.catalog import Business, FormOfAddress


def addressed(language: str, form: FormOfAddress) -> str:
    """Return the language in which texts speak to customers: `de`, `de@du` or `en`."""
    spoken = language_of(language)
    is_informal = spoken == "de" and form is FormOfAddress.INFORMAL
    return INFORMAL_GERMAN if is_informal else spoken


def language_for(booking: Booking, business: Business) -> str:
    """Return the language in which texts speak to the customer of a booking.

    Of a mere hold, whose customer is not known: that of the business.
    """
    details = booking.details
    language = details.customer.language if details else business.language
    return addressed(language, business.form_of_address)
