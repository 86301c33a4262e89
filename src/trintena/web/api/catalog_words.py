"""What each architecture is, in Portuguese.

Under the line in English, which is the first of its builder's docstring.
"""

from __future__ import annotations

IN_PORTUGUESE = {
    "Two LSTM layers (64, 32), dropout after each.": "Duas camadas LSTM (64, 32), com dropout após cada uma.",
    "The classic (64, 32) with every layer's output normalized over its features.": (
        "A clássica (64, 32), com a saída de cada camada normalizada sobre suas características."
    ),
    "The classic (64, 32) with every layer's output normalized over the batch.": (
        "A clássica (64, 32), com a saída de cada camada normalizada sobre o lote."
    ),
    "Three LSTM layers of 32: depth for width.": (
        "Três camadas LSTM de 32: profundidade no lugar de largura."
    ),
    "One LSTM layer of 256: width for depth.": "Uma camada LSTM de 256: largura no lugar de profundidade.",
    "Two GRU layers (64, 32), dropout after each.": "Duas camadas GRU (64, 32), com dropout após cada uma.",
    "Three GRU layers (128, 64, 32).": "Três camadas GRU (128, 64, 32).",
    "Two wide GRU layers (192, 96).": "Duas camadas GRU largas (192, 96).",
    "A GRU of 64, then a residual block of two dense layers: state + dense(dense(state)).": (
        "Uma GRU de 64, depois um bloco residual de duas camadas densas: estado + densa(densa(estado))."
    ),
    "Three GRU layers (80, 80, 40).": "Três camadas GRU (80, 80, 40).",
    "Two bidirectional LSTM layers (64, 32 a direction).": (
        "Duas camadas LSTM bidirecionais (64, 32 por direção)."
    ),
    "Two bidirectional GRU layers (64, 32 a direction).": (
        "Duas camadas GRU bidirecionais (64, 32 por direção)."
    ),
    "Three bidirectional LSTM layers (96, 64, 32 a direction).": (
        "Três camadas LSTM bidirecionais (96, 64, 32 por direção)."
    ),
    "Three bidirectional GRU layers (96, 64, 32 a direction).": (
        "Três camadas GRU bidirecionais (96, 64, 32 por direção)."
    ),
    "A bidirectional LSTM (64 a direction) read by a bidirectional GRU (32 a direction).": (
        "Uma LSTM bidirecional (64 por direção) lida por uma GRU bidirecional (32 por direção)."
    ),
    "Four LSTM layers, narrowing (128, 96, 64, 32).": (
        "Quatro camadas LSTM, cada vez mais estreitas (128, 96, 64, 32)."
    ),
    "Four GRU layers, narrowing (128, 96, 64, 32).": (
        "Quatro camadas GRU, cada vez mais estreitas (128, 96, 64, 32)."
    ),
    "Five LSTM layers, each half as wide or less than the one below (256, 128, 64, 32, 16).": (
        "Cinco camadas LSTM, cada uma com metade da largura da anterior ou menos (256, 128, 64, 32, 16)."
    ),
    "Three LSTM layers, widening (32, 64, 128).": "Três camadas LSTM, cada vez mais largas (32, 64, 128).",
    "Four LSTM layers, widening then narrowing (64, 128, 128, 64).": (
        "Quatro camadas LSTM, que se alargam e depois se estreitam (64, 128, 128, 64)."
    ),
    "Two residual blocks of 64 after a first layer: x + LSTM(x), added after the layer.": (
        "Dois blocos residuais de 64 após uma primeira camada: x + LSTM(x), somados depois da camada."
    ),
    "Two residual blocks of 64, normalized before the layer: x + LSTM(norm(x)), a norm at the end.": (
        "Dois blocos residuais de 64, normalizados antes da camada: x + LSTM(norm(x)), e uma norma no fim."
    ),
    "Three LSTM layers (64, 48, 32), the last state of each led straight into the dense head.": (
        "Três camadas LSTM (64, 48, 32), com o último estado de cada uma ligado direto à saída densa."
    ),
    "Two highway blocks of 64: y = H(x)·T(x) + x·C(x), with the carry gate C = 1 - T (equation 3).": (
        "Dois blocos highway de 64: y = H(x)·T(x) + x·C(x), com a porta de passagem C = 1 - T (equação 3)."
    ),
    "Three LSTM layers of 48, each reading the window and the outputs of all layers before it.": (
        "Três camadas LSTM de 48, cada uma lendo a janela e as saídas de todas as camadas anteriores."
    ),
    "An LSTM of 64 whose states are averaged by four learned sets of weights over time.": (
        "Uma LSTM de 64 com médias dos estados por quatro conjuntos aprendidos de pesos no tempo."
    ),
    "An LSTM of 64, four-headed scaled dot-product self-attention, add and norm, an LSTM of 32.": (
        "Uma LSTM de 64, autoatenção de quatro cabeças por produto escalar, soma e norma, e uma LSTM de 32."
    ),
    "Two causal convolutions (32 filters, width 3) find local shapes, an LSTM of 64 reads them.": (
        "Duas convoluções causais (32 filtros, largura 3) acham formas locais, e uma LSTM de 64 as lê."
    ),
    "An LSTM of 64, one dense layer of 32 at every step, an LSTM of 32 over its outputs.": (
        "Uma LSTM de 64, uma camada densa de 32 a cada passo e uma LSTM de 32 sobre as saídas dela."
    ),
    "An LSTM of 48, a GRU of 48 and a causal convolution of 48 side by side, joined by a dense layer.": (
        "Uma LSTM de 48, uma GRU de 48 e uma convolução causal de 48 lado a lado, unidas por camada densa."
    ),
}
