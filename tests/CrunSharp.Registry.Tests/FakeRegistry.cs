using System.Collections.Concurrent;
using CrunSharp.Testing;

namespace CrunSharp.Registry.Tests;

/// <summary>A registry in the test's own process: well-behaved until the test overrides a path.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    public const string Repository = "team/app";

    private readonly ConcurrentDictionary<string, Func<LoopbackExchange, Task>> _paths = new();
    private readonly LoopbackServer _server;

    public FakeRegistry(System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null) =>
        _server = new LoopbackServer(AnswerAsync, certificate);

    public string Authority => _server.Authority;

    public int Port => _server.Port;

    public IReadOnlyList<LoopbackRequest> Requests => _server.Requests;

    public int Connections => _server.Connections;

    /// <summary>Runs before everything else; true means that it has answered.</summary>
    public Func<LoopbackExchange, Task<bool>>? Before { get; set; }

    public string Name(string tag = "v1") => $"{Authority}/{Repository}:{tag}";

    public IEnumerable<LoopbackRequest> Asked(string path) => Requests.Where(request => request.Path == path);

    public static string Blob(byte[] content) => $"/v2/{Repository}/blobs/{TestImage.DigestOf(content)}";

    public static string Manifest(string name) => $"/v2/{Repository}/manifests/{name}";

    public FakeRegistry On(string path, Func<LoopbackExchange, Task> answer)
    {
        _paths[path] = answer;
        return this;
    }

    public FakeRegistry Hold(TestImage image, string? tag = "v1")
    {
        foreach (byte[] blob in (IEnumerable<byte[]>)[image.Config, .. image.Layers])
        {
            On(Blob(blob), exchange => ServeAsync(exchange, blob));
        }

        HoldManifest(image.Manifest, image.ManifestType, image.ManifestDigest);
        return tag is null ? this : HoldManifest(image.Manifest, image.ManifestType, tag);
    }

    public FakeRegistry HoldManifest(byte[] document, string type, string name) =>
        On(Manifest(name), exchange => exchange.AnswerAsync(200, document, ("Content-Type", type), ("Docker-Content-Digest", TestImage.DigestOf(document))));

    /// <summary>A blob, ranges included.</summary>
    public static Task ServeAsync(LoopbackExchange exchange, byte[] content)
    {
        int from = RangeOf(exchange.Request);
        return from == 0
            ? exchange.AnswerAsync(200, content)
            : exchange.AnswerAsync(206, content.AsMemory(from), ("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}"));
    }

    public static int RangeOf(LoopbackRequest request) =>
        request.Headers.TryGetValue("Range", out string? range)
            ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture)
            : 0;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(LoopbackExchange exchange)
    {
        if (Before is { } before && await before(exchange))
        {
            return;
        }

        await (_paths.TryGetValue(exchange.Request.Path, out Func<LoopbackExchange, Task>? answer)
            ? answer(exchange)
            : exchange.AnswerAsync(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"""));
    }
}
