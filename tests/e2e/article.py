#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four programs of an introductory article on sockets, each in its few lines: a client that speaks UTF-8, and
three servers that speak GBK. Neither side ever sends a newline. A server's port 0 is a free one, which it says first.

    article.py client PORT TEXT | server PORT | reusing-server PORT | many-server PORT
"""
import socket
import sys


def client(port, text):
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.send(text.encode("utf-8"))
        print(connection.recv(1024).decode("utf-8"))


def answer_one(listening):
    connection, _ = listening.accept()
    with connection:
        print(connection.recv(1024).decode("gbk"), flush=True)
        connection.send("问题正在处理中...".encode("gbk"))


def listen(port, *options):
    listening = socket.socket()
    for option in options:
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
    listening.bind(("127.0.0.1", int(port)))
    listening.listen(5)
    print(listening.getsockname()[1], flush=True)
    return listening


def server(port):
    answer_one(listen(port))


def reusing_server(port):
    answer_one(listen(port, socket.SO_REUSEADDR))


def many_server(port):
    listening = listen(port)
    while True:
        answer_one(listening)


PROGRAMS = {"client": client, "server": server, "reusing-server": reusing_server, "many-server": many_server}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
