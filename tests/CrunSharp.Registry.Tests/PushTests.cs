using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class PushTests : IDisposable
{
    // ann:secret
    private const string Ann = "Basic YW5uOnNlY3JldA==";

    private readonly Bench _bench = new();
    private readonly TestImage _image = TestImage.Create([TestImage.Noise(700_000), TestImage.Noise(3, 2)]);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Push_ToARegistry_CanBePulledAndIsNotSentTwice()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        string name = $"{registry.Authority}/a/b:v1";
        Assert.Equal([false, false, false], await PushAsync(name));
        Assert.Equal([true, true, true], await PushAsync(name));

        using RegistryClient client = _bench.Client();
        ResolvedImage pulled = await _bench.ResolveAsync(name, client);
        Assert.Equal(_image.ManifestDigest, pulled.Manifest.Digest.ToString());
        Assert.Equal(_image.Layers[0], await Bench.ReadAsync(client, pulled));
    }

    [Fact]
    public async Task Push_ByToken_AsksForOneThatMayWrite()
    {
        Host.Requires(TestRegistry.Installed);
        await using TokenIssuer issuer = new("ann", "secret");
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Tokens = issuer });
        _bench.LogIn(registry.Authority);
        await PushAsync($"{registry.Authority}/a:v1");
        Assert.Contains(issuer.Requests, request => request.Query("scope")!.Contains("push"));
        await _bench.ResolveAsync($"{registry.Authority}/a:v1");
    }

    [Fact]
    public async Task Push_WithoutALogin_SaysSo()
    {
        Host.Requires(TestRegistry.Installed, TestRegistry.PasswordTool);
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Basic = ("ann", "secret") });
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => PushAsync($"{registry.Authority}/a:v1"));
        Assert.StartsWith($"cannot push '{registry.Authority}/a:v1': '{registry.Authority}' takes nothing without a login", refused.Message);
        Assert.Equal($"crun-sharp login {registry.Authority}", refused.Hints[0]);
    }

    [Fact]
    public async Task Cve2020_15157_UploadPlaceOnAnotherHost_GetsNothing()
    {
        await using LoopbackServer other = new(exchange => exchange.AnswerAsync(201));
        await using FakeRegistry registry = new();
        registry.Before = async exchange =>
        {
            LoopbackRequest request = exchange.Request;
            await (request.Authorization != Ann ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", "Basic realm=\"x\""))
                : request.Method == "POST" ? exchange.AnswerAsync(202, "", ("Location", $"http://{other.Authority}/upload"))
                : exchange.AnswerAsync(404));
            return true;
        };
        _bench.LogIn(registry.Authority);
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => PushAsync(registry.Name()));
        Assert.Contains("which is another host", refused.Message);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Push_UploadRedirected_IsNotSentElsewhere()
    {
        await using LoopbackServer other = new(exchange => exchange.AnswerAsync(201));
        await using FakeRegistry registry = new();
        registry.Before = async exchange =>
        {
            await (exchange.Request.Method switch
            {
                "POST" => exchange.AnswerAsync(202, "", ("Location", "/upload/1?state=x")),
                "PUT" => exchange.AnswerAsync(307, "", ("Location", $"http://{other.Authority}/upload")),
                _ => exchange.AnswerAsync(404),
            });
            return true;
        };
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => PushAsync(registry.Name()));
        Assert.Contains("answered 307", refused.Message);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Push_ConnectionBreaks_BlobIsSentAgainAndTheManifestLast()
    {
        int breaks = 0;
        await using FakeRegistry registry = new();
        registry.Before = async exchange =>
        {
            LoopbackRequest request = exchange.Request;
            if (request.Method == "PUT" && request.Body.Length > 100_000 && breaks++ == 0)
            {
                exchange.Break();
                return true;
            }

            await (request.Method switch
            {
                "POST" => exchange.AnswerAsync(202, "", ("Location", "/upload/1?state=x")),
                "PUT" => exchange.AnswerAsync(201),
                _ => exchange.AnswerAsync(404),
            });
            return true;
        };
        await PushAsync(registry.Name());
        List<LoopbackRequest> sent = [.. registry.Requests.Where(request => request.Method == "PUT" && request.Path == "/upload/1")];
        Assert.Equal(4, sent.Count);
        Assert.Equal(2, sent.Count(request => request.Body.Length == 700_000));
        Assert.All(sent, request => Assert.Equal(TestImage.DigestOf(request.Body), request.Query("digest")));
        Assert.All(sent, request => Assert.Equal("x", request.Query("state")));
        Assert.Equal(_image.Manifest, registry.Requests[^1].Body);
        Assert.Equal(TestImage.OciManifestType, registry.Requests[^1].Headers["Content-Type"]);
    }

    private async Task<List<bool>> PushAsync(string name)
    {
        Dictionary<string, byte[]> blobs = ((IEnumerable<byte[]>)[_image.Config, .. _image.Layers]).ToDictionary(blob => TestImage.DigestOf(blob));
        Seen seen = new();
        using RegistryClient client = _bench.Client();
        await client.PushAsync(
            Reference.Parse(name), Manifest.Parse(_image.Manifest), _image.Manifest, blob => new MemoryStream(blobs[blob.Digest.ToString()]), seen, Bench.Token);
        return seen.WereThere;
    }

    private sealed class Seen : IProgress<PushedBlob>
    {
        public List<bool> WereThere { get; } = [];

        public void Report(PushedBlob value)
        {
            lock (WereThere)
            {
                WereThere.Add(value.WasThere);
            }
        }
    }
}
