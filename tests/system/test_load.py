"""More people than database connections: nobody is turned away."""

import threading
from collections import Counter

import httpx

PEOPLE, REQUESTS = 24, 5


def test_many_requests_at_once_are_all_answered(people):
    slide = people.ann.first_slide()
    codes: Counter[int] = Counter()

    def ask():
        with httpx.Client(base_url=people.ann.base_url, cookies=people.ann.http.cookies, timeout=60) as client:
            for _ in range(REQUESTS):
                codes[client.get(f"/api/slides/{slide}").status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {200: PEOPLE * REQUESTS}
