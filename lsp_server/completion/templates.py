"""How each family of models wants the text before and behind the cursor: fill-in-the-middle templates; pure.

Sources, as of November 2026:

- `starcoder`: model cards of bigcode/starcoder and starcoder2, arXiv 2402.19173 section 5.1;
  stabilityai/stable-code-3b, ibm-granite/granite-8b-code-base and CodeQwen1.5 have the same tokens
- `qwen`: README of QwenLM/Qwen2.5-Coder, "File-Level Code Completion"; Qwen3-Coder has the same
- `codegemma`: ai.google.dev/gemma/docs/codegemma/prompt-structure: no blank next to a token
- `deepseek`: model card of deepseek-ai/deepseek-coder-1.3b-base; the bars and blanks are U+FF5C and U+2581
- `codellama`: meta-llama/codellama, `infilling_prompt_tokens` in llama/generation.py; blanks as there
- `codestral`: mistralai/cookbook, concept-deep-dive/tokenization: the suffix comes first, no token behind
- `mellum`: model card of JetBrains/Mellum-4b-base: the suffix comes first
- `seed-coder`: arXiv 2506.03524, section on fill in the middle: the suffix comes first
- the form itself: arXiv 2207.14255 (prefix-suffix-middle and suffix-prefix-middle)
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Template(NamedTuple):
    """A prompt with its two texts, and what a model of the family writes where it is done."""

    prompt: str
    stops: tuple[str, ...]

    @property
    def leaves_suffix(self) -> bool:
        """Whether the text behind the cursor is not in the prompt, but goes beside it."""
        return "{suffix}" not in self.prompt

    def render(self, prefix: str, suffix: str) -> str:
        """The prompt for these texts, which may hold anything."""
        return self.prompt.format(prefix=prefix, suffix=suffix)


_STARCODER = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>", "<|endoftext|>")
_BARRED = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")

TEMPLATES: dict[str, Template] = {
    "starcoder": Template("<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>", _STARCODER),
    "qwen": Template(
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        (*_BARRED, "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_end|>", "<|endoftext|>"),
    ),
    "codegemma": Template(
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>", (*_BARRED, "<|file_separator|>")
    ),
    "deepseek": Template(
        "<\uff5cfim\u2581begin\uff5c>{prefix}<\uff5cfim\u2581hole\uff5c>{suffix}<\uff5cfim\u2581end\uff5c>",
        (
            "<\uff5cfim\u2581begin\uff5c>",
            "<\uff5cfim\u2581hole\uff5c>",
            "<\uff5cfim\u2581end\uff5c>",
            "<\uff5cend\u2581of\u2581sentence\uff5c>",
        ),
    ),
    "codellama": Template("<PRE> {prefix} <SUF>{suffix} <MID>", ("<PRE>", "<SUF>", "<MID>", "<EOT>")),
    "codestral": Template("[SUFFIX]{suffix}[PREFIX]{prefix}", ("[SUFFIX]", "[PREFIX]", "</s>")),
    "mellum": Template("<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>", _STARCODER),
    "seed-coder": Template(
        "<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
        ("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
    ),
    # No family's: the endpoint takes the two texts as `prompt` and `suffix` and knows its model.
    "suffix": Template("{prefix}", ()),
}

#: Words of a model's name, the more telling ones first.
_FAMILIES = (
    (re.compile(r"qwen.*coder|coder.*qwen"), "qwen"),
    (re.compile(r"codegemma"), "codegemma"),
    (re.compile(r"deepseek-?coder"), "deepseek"),
    (re.compile(r"code-?llama"), "codellama"),
    (re.compile(r"codestral"), "codestral"),
    (re.compile(r"mellum"), "mellum"),
    (re.compile(r"seed-?coder"), "seed-coder"),
    (re.compile(r"star-?coder|stable-?code|granite.*code|codeqwen"), "starcoder"),
)


def template_of(model: str) -> Template:
    """The template of the family that a model's name belongs to; `suffix` for a name that tells nothing."""
    name = model.lower()
    return TEMPLATES[next((family for words, family in _FAMILIES if words.search(name)), "suffix")]
