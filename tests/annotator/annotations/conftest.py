"""One annotator's hands on one slide."""

import pytest

from annotator.annotations import services
from tests.annotator.factories import TIMES, accept_ref, answer, ref, target


@pytest.fixture
def life(people, slide, model):
    """The services, bound to one annotator and slide."""

    class Life:
        user, label = people.annotator, slide.project.labels.first()

        def ask(self, *targets):
            return services.ask(user=self.user, slide=slide, label=self.label, model_id=model.pk, targets=targets)

        def reply(self, *answers):
            return services.record_segmentation(slide=slide, model_id=model.pk, objects=answers, times=TIMES)

        def propose(self):
            [annotation] = self.ask(target())
            [annotation] = self.reply(answer(annotation.pk))
            return annotation

        def accept(self, *annotations, how="key"):
            refs = [accept_ref(annotation) for annotation in annotations]
            return services.accept(user=self.user, slide=slide, refs=refs, how=how, elapsed_ms=1234)

        def reject(self, *annotations):
            refs = [ref(annotation) for annotation in annotations]
            return services.reject(user=self.user, slide=slide, refs=refs, elapsed_ms=9)

    return Life()
