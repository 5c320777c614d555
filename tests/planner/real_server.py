"""Serves a tiny model that is made on the spot by llama.cpp's own HTTP server; no test imports it.

Run with `gguf` and `xllamacpp`, it prints its address and ends when its input does. The model has one layer
of random weights and a letter for each byte. It babbles, unless it is given a plan: then it has one more
word, which is that plan, and weights that say this word first and nothing after it.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

WIDTH = 32
CONTEXT = 32_768
UNKNOWN, BEGIN, END = range(3)
NORMAL, UNKNOWN_KIND, CONTROL, BYTE = 1, 2, 3, 6
"""Kinds of tokens, as the file format numbers them."""
SAYS, SAID = 0, 1
"""Places in what the model remembers of a token: always 1; 1 where the plan was said."""
LOUD = 100.0
CHAT = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"


def write(path: Path, plan: str) -> None:
    """Write the model's file."""
    gguf: Any = importlib.import_module("gguf")
    words = [plan.replace(" ", "▁").encode()] if plan else []
    tokens = [b"<unk>", b"<s>", b"</s>", *(b"<0x%02X>" % byte for byte in range(256)), *words]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(2)
    writer.add_rope_dimension_count(WIDTH // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([UNKNOWN_KIND, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * len(words)])
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_space_prefix(value=False)
    writer.add_chat_template(CHAT)
    for name, weights in weighed(len(tokens), has_plan=bool(plan)).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weighed(vocabulary: int, *, has_plan: bool) -> dict[str, Any]:
    """Return every tensor by its name."""
    numpy: Any = importlib.import_module("numpy")
    random = numpy.random.default_rng(7)

    def drawn(*shape: int) -> Any:
        return random.normal(0, 0.1, shape).astype(numpy.float32)

    tokens, output = drawn(vocabulary, WIDTH), drawn(vocabulary, WIDTH)
    if has_plan:
        word = vocabulary - 1
        tokens[:, SAYS], tokens[:, SAID] = 1, 0
        tokens[word, SAYS], tokens[word, SAID] = 0, 1
        output[word, SAYS], output[END, SAYS] = LOUD, -LOUD
        output[word, SAID], output[END, SAID] = -LOUD, LOUD
    square = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    layer = {f"blk.0.{name}.weight": drawn(WIDTH, WIDTH) for name in square}
    norms = ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm")
    even = {f"{name}.weight": numpy.ones(WIDTH, numpy.float32) for name in norms}
    return {"token_embd.weight": tokens, "output.weight": output, **layer, **even}


def main(plan: str = "") -> None:
    """Serve until standard input ends."""
    xllamacpp: Any = importlib.import_module("xllamacpp")
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "tiny.gguf"
        write(path, plan)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.model_alias = {"tiny"}
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.n_ctx = CONTEXT
        parameters.n_parallel = 1
        parameters.n_threads_http = 2
        parameters.cpuparams.n_threads = 1
        parameters.sampling.seed = 7
        parameters.offline = True
        parameters.ui = False
        server = xllamacpp.Server(parameters)
        sys.stdout.write(f"{server.listening_address}\n")
        sys.stdout.flush()
        sys.stdin.read()
        del server


if __name__ == "__main__":
    main(*sys.argv[1:])
