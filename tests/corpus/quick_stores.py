"""Orders in Redis, and a search index that answers HTTP requests in memory."""

import json

import fakeredis
import httpx

SERVER = fakeredis.FakeServer()
INDEX = {}


def orders():
    return fakeredis.FakeRedis(server=SERVER, decode_responses=True)


def empty():
    orders().flushall()
    INDEX.clear()


def stored():
    client = orders()
    return {key: client.hgetall(key) for key in client.keys("order:*")}


def indexed():
    return dict(INDEX)


def transport():
    async def answer(request):
        INDEX[request.url.path.rpartition("/")[2]] = json.loads(request.content)
        return httpx.Response(204)

    return httpx.MockTransport(answer)
