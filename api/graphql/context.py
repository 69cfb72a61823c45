"""What resolvers have at hand: who asks, and the books."""

from strawberry.fastapi import BaseContext
from strawberry.types import Info

from api.books import Books
from domain.access import Principal


class Context(BaseContext):
    def __init__(self, books: Books, principal: Principal) -> None:
        super().__init__()
        self.books = books
        self.principal = principal


Ask = Info[Context, None]
