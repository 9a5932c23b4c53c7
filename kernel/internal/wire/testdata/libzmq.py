"""A Jupyter client over libzmq, which has no code in common with the kernel's. Usage: libzmq.py CASE JSON"""

import hashlib
import hmac
import json
import sys
import threading
import time
import uuid

import zmq
from zmq.utils.monitor import recv_monitor_message

info = json.loads(sys.argv[2])
context = zmq.Context()
session = str(uuid.uuid4())


def address(port):
    name = {"ipc": "ipc://%s-%d", "tcp": "tcp://%s:%d"}[info["transport"]]
    return name % (info["ip"], info[port])


def connect(kind, port, **options):
    socket = context.socket(kind)
    socket.linger = 0
    socket.rcvtimeo = socket.sndtimeo = 60000
    if kind == zmq.DEALER:
        socket.identity = session.encode()
    for name, value in options.items():
        setattr(socket, name, value)
    if kind == zmq.SUB:
        socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(address(port))
    return socket


def sign(parts):
    mac = hmac.new(info["key"].encode(), digestmod=hashlib.sha256)
    for part in parts:
        mac.update(part)
    return mac.hexdigest().encode()


def send(socket, kind, content, key=None):
    header = {"msg_id": str(uuid.uuid4()), "session": session, "username": "u", "date": "2026-01-02T03:04:05.000006Z", "msg_type": kind, "version": "5.4"}
    parts = [json.dumps(p).encode() for p in (header, {}, {}, content)]
    signature = sign(parts) if key is None else key
    socket.send_multipart([b"<IDS|MSG>", signature] + parts)
    return header


def decode(frames):
    at = frames.index(b"<IDS|MSG>")
    assert frames[at + 1] == sign(frames[at + 2 : at + 6]), "wrong signature"
    header, parent, metadata, content = map(json.loads, frames[at + 2 : at + 6])
    for part in (header, parent, metadata, content):
        assert isinstance(part, dict), part
    return frames[:at], header, parent, content, frames[at + 6 :]


def receive(socket):
    return decode(socket.recv_multipart())


def subscribe(**options):
    iopub = connect(zmq.SUB, "iopub_port", **options)
    ids, header, parent, content, _ = receive(iopub)
    assert header["msg_type"] == "iopub_welcome", header
    assert content == {"subscription": ""} and parent == {} and ids == [b""]
    return iopub


def basic():
    """Every socket, the shapes of messages, and a message with a wrong signature in between."""
    iopub = subscribe()
    heartbeat = connect(zmq.REQ, "hb_port")
    for port in ("shell_port", "control_port"):
        socket = connect(zmq.DEALER, port)
        send(socket, "echo_request", {"n": 0}, key=b"0" * 64)
        for n in range(20):
            heartbeat.send(b"ping %d" % n)
            assert heartbeat.recv() == b"ping %d" % n
            asked = send(socket, "echo_request", {"n": n, "text": "é日本"})
            ids, header, parent, content, _ = receive(socket)
            assert ids == [] and parent == asked and content == {"n": n, "text": "é日本"}, content
            assert header["msg_type"] == "echo_reply" and header["session"] != session
            for state in ("busy", "idle"):
                ids, header, parent, content, _ = receive(iopub)
                assert len(ids) == 1 and parent == asked and content == {"execution_state": state}


def heartbeats():
    """ZMTP heartbeats: with a PING each 100 ms and 300 ms to answer, no socket is ever disconnected."""
    sockets = [
        (zmq.SUB, "iopub_port"), (zmq.DEALER, "shell_port"), (zmq.DEALER, "control_port"), (zmq.DEALER, "stdin_port"), (zmq.REQ, "hb_port"),
    ]
    monitors = []
    for kind, port in sockets:
        socket = connect(kind, port, heartbeat_ivl=100, heartbeat_timeout=1000, heartbeat_ttl=2000)
        monitors.append((port, socket, socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)))
    time.sleep(3)  # thirty PINGs, and three times the timeout
    for port, socket, monitor in monitors:
        assert not monitor.poll(0), "%s: %s" % (port, recv_monitor_message(monitor))


def flood():
    """All messages arrive, in order, at a reader slower than the kernel, up to the last before it closes."""
    iopub = subscribe()
    shell = connect(zmq.DEALER, "shell_port")
    send(shell, "flood_request", {"n": int(sys.argv[3])})
    for n in range(int(sys.argv[3])):
        frames = iopub.recv_multipart()
        content = json.loads(frames[frames.index(b"<IDS|MSG>") + 5])
        assert content["n"] == n, "message %d is %s" % (n, content)
    receive(shell)


def many():
    """Twenty clients at once, each with a few requests, none of which sees another's reply."""
    faults = []

    def client(i):
        try:
            shell = connect(zmq.DEALER, "shell_port", identity=b"client %d" % i)
            for n in range(20):
                send(shell, "echo_request", {"from": i, "n": n})
                assert receive(shell)[3] == {"from": i, "n": n}
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=client, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


{"basic": basic, "heartbeats": heartbeats, "flood": flood, "many": many}[sys.argv[1]]()
context.destroy(linger=0)
