"""An annotator's work on slides whose files are really there, for the tests of what is learnt from it."""

from pathlib import Path

from django.db import transaction

from annotator.annotations import services
from tests.annotator.factories import TIMES, accept_ref, answer, make_slide, next_target, ref, square, target


def make_filed_slide(project, folder: Path, number: int, *, content: str | None = None, **fields):
    """A slide whose file lies in the folder and holds the content, by default its own number."""
    path = folder / f"slide-{number}.svs"
    path.write_text(content or f"the pixels of slide {number}")
    return make_slide(project, number=number, path=path, **fields)


class Hands:
    """One person with one label on one slide."""

    def __init__(self, user, model, slide, label=None) -> None:
        self.user, self.model, self.slide = user, model, slide
        self.label = label or slide.project.labels.first()

    def ask(self, *targets):
        return services.ask(user=self.user, slide=self.slide, label=self.label, model_id=self.model.pk, targets=targets)

    def reply(self, *answers):
        return services.record_segmentation(slide=self.slide, model_id=self.model.pk, objects=answers, times=TIMES)

    def propose(self, x=100.0, y=100.0):
        """A proposal of a 20 px square around (x, y)."""
        [asked] = self.ask(target(at=(x, y)))
        [proposal] = self.reply(answer(asked.pk, polygon=square(x - 10, y - 10)))
        return proposal

    def ask_again(self, annotation, *, polygon=None, **fields):
        """The next turn, answered with the polygon; unanswered without one."""
        [asked] = self.ask(next_target(annotation, **fields))
        if polygon is None:
            return asked
        [proposal] = self.reply(answer(asked.pk, turn=asked.turn, polygon=polygon))
        return proposal

    def accept(self, annotation, *, how="key"):
        refs = [accept_ref(annotation)]
        [accepted] = services.accept(user=self.user, slide=self.slide, refs=refs, how=how, elapsed_ms=900)
        return accepted

    def reject(self, annotation):
        [rejected] = services.reject(user=self.user, slide=self.slide, refs=[ref(annotation)], elapsed_ms=900)
        return rejected

    def relabel(self, annotation, label):
        [changed] = services.relabel(user=self.user, slide=self.slide, refs=[ref(annotation)], label=label)
        return changed

    def delete(self, annotation):
        [deleted] = services.delete(user=self.user, slide=self.slide, refs=[ref(annotation)])
        return deleted

    def restore(self, annotation):
        [restored] = services.restore(user=self.user, slide=self.slide, refs=[ref(annotation)])
        return restored

    def draw(self, count: int = 1, *, first: int = 0) -> list:
        """Accepted squares in a row."""
        with transaction.atomic():
            return [self.accept(self.propose(100 + 40 * n, 100)) for n in range(first, first + count)]
