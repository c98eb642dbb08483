using System.Text;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

/// <summary>Manifests, configs and tokens that a registry should never send.</summary>
public sealed class HostileDocumentTests : IAsyncDisposable
{
    private readonly Bench _bench = new();
    private readonly FakeRegistry _registry = new();
    private readonly TestImage _image = TestImage.Create();
    private long _sent;

    public async ValueTask DisposeAsync()
    {
        _bench.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Cve2024_3727_DigestWithPathCharacters_IsRefusedAndNeverAskedFor()
    {
        string layer = """{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:../../../../etc/passwd","size":1}""";
        byte[] manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{TestImage.Descriptor("application/vnd.oci.image.config.v1+json", _image.Config)}},"layers":[{{layer}}]}""");
        _registry.HoldManifest(manifest, TestImage.OciManifestType, "v1");
        CrunException refused = await RefuseAsync();
        Assert.Contains("at 'layers[0].digest': it is no digest", refused.Message);
        Assert.Single(_registry.Requests);
    }

    [Fact]
    public async Task Cve2021_41190_ManifestThatIsAlsoAnIndex_IsRefused()
    {
        string child = TestImage.Descriptor(TestImage.OciManifestType, _image.Manifest);
        byte[] both = Encoding.UTF8.GetBytes($$"""{{Encoding.UTF8.GetString(_image.Manifest)[..^1]}},"manifests":[{{child}}]}""");
        foreach (string type in (string[])[TestImage.OciManifestType, TestImage.OciIndexType])
        {
            _registry.HoldManifest(both, type, "v1");
            Assert.Contains("could be read as two different images", (await RefuseAsync()).Message);
        }
    }

    [Fact]
    public async Task Cve2021_41190_ManifestAnnouncedAsIndex_IsRefused()
    {
        _registry.HoldManifest(_image.Manifest, TestImage.OciIndexType, "v1");
        Assert.Contains("is called 'application/vnd.oci.image.index.v1+json'", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Cve2021_41190_IndexThatCallsAnIndexAManifest_IsRefused()
    {
        byte[] inner = TestImage.Index(("linux/amd64", _image));
        byte[] outer = TestImage.Index(("linux/amd64", _image with { Manifest = inner }));
        _registry.HoldManifest(inner, TestImage.OciIndexType, TestImage.DigestOf(inner));
        _registry.HoldManifest(outer, TestImage.OciIndexType, "v1");
        Assert.Contains($"the index calls it '{TestImage.OciManifestType}'", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Index_ThatPointsAtIndexesForEver_IsRefused()
    {
        byte[] document = TestImage.Index(("linux/amd64", _image));
        for (int depth = 0; depth < 4; depth++)
        {
            _registry.HoldManifest(document, TestImage.OciIndexType, TestImage.DigestOf(document));
            document = TestImage.Index(("linux/amd64", _image with { Manifest = document, ManifestType = TestImage.OciIndexType }));
        }

        _registry.HoldManifest(document, TestImage.OciIndexType, "v1");
        Assert.Contains("points at an index that points at an index", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Cve2017_11468_ManifestAnnouncedHuge_IsNotRead()
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => PourAsync(exchange, "Content-Length: 1073741824", chunked: false));
        Assert.Contains("has 1073741824 bytes, where at most 4194304 bytes are accepted", (await RefuseAsync()).Message);
        Assert.InRange(_sent, 0, 32 << 20);
    }

    [Fact]
    public async Task Cve2017_11468_ManifestWithoutAnEnd_IsReadToTheLimitOnly()
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => PourAsync(exchange, "Transfer-Encoding: chunked", chunked: true));
        Assert.Contains("has more, where at most 4194304 bytes are accepted", (await RefuseAsync()).Message);

        // What the sockets hold comes on top.
        Assert.InRange(_sent, 4 << 20, 32 << 20);
    }

    [Fact]
    public async Task Cve2023_2253_TokenWithoutAnEnd_IsReadToTheLimitOnly()
    {
        await using LoopbackServer service = new(exchange => PourAsync(exchange, "Transfer-Encoding: chunked", chunked: true));
        _registry.Before = async exchange =>
        {
            await exchange.AnswerAsync(401, "", ("WWW-Authenticate", $"Bearer realm=\"http://{service.Authority}/\""));
            return true;
        };
        Assert.Contains("the token has more, where at most 1048576 bytes are accepted", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Cve2017_14992_ConfigDescribedAsHuge_IsNotAskedFor()
    {
        string config = $$"""{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{_image.ConfigDigest}}","size":9000000000}""";
        _registry.HoldManifest(Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"config":{{config}},"layers":[]}"""), TestImage.OciManifestType, "v1");
        CrunException refused = await RefuseAsync();
        Assert.Contains("its config has 9000000000 bytes; at most 8388608 are accepted", refused.Message);
        Assert.Single(_registry.Requests);
    }

    [Fact]
    public async Task Config_OtherBytesThanItsDigestNames_IsRefused()
    {
        _registry.Hold(_image).On(FakeRegistry.Blob(_image.Config), exchange => exchange.AnswerAsync(200, new byte[_image.Config.Length]));
        Assert.Contains($"does not have the digest {_image.ConfigDigest}", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Manifest_OtherBytesThanTheDigestAskedFor_IsRefused()
    {
        TestImage other = TestImage.Create([TestImage.Noise(3)]);
        _registry.HoldManifest(other.Manifest, other.ManifestType, _image.ManifestDigest);
        Assert.Contains("does not have the digest", (await RefuseAsync($"{_registry.Authority}/{FakeRegistry.Repository}@{_image.ManifestDigest}")).Message);
    }

    [Fact]
    public async Task Manifest_OtherBytesThanTheHeaderSays_IsRefused()
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => exchange.AnswerAsync(
            200, _image.Manifest, ("Content-Type", TestImage.OciManifestType), ("Docker-Content-Digest", _image.ConfigDigest)));
        Assert.Contains("does not have the digest", (await RefuseAsync()).Message);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Manifest_PackedUnasked_IsRefused(string coding)
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => exchange.AnswerAsync(200, _image.Manifest, ("Content-Encoding", coding)));
        Assert.Contains($"packed with '{coding}', which was not asked for", (await RefuseAsync()).Message);
        Assert.Equal("identity", _registry.Requests[0].Headers["Accept-Encoding"]);
    }

    [Fact]
    public async Task Manifest_ThatDribbles_IsGivenUp()
    {
        _bench.Limits = _bench.Limits with { Answer = TimeSpan.FromMilliseconds(300), Attempts = 1 };
        _registry.On(FakeRegistry.Manifest("v1"), async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (true)
            {
                await exchange.SendAsync(" ");
                await Task.Delay(20, exchange.ServerEnds);
            }
        });
        Assert.Contains("the manifest did not arrive within 0.3 s", (await RefuseAsync()).Message);
    }

    [Fact]
    public async Task Manifest_OfSchemaOne_IsRefusedWithAWayOut()
    {
        _registry.HoldManifest(
            """{"schemaVersion":1,"name":"a","fsLayers":[],"history":[]}"""u8.ToArray(), "application/vnd.docker.distribution.manifest.v1+prettyjws", "v1");
        CrunException refused = await RefuseAsync();
        Assert.Contains("docker's schema 1", refused.Message);
        Assert.NotEmpty(refused.Hints);
    }

    [Fact]
    public async Task Error_WithTerminalCodes_IsShownWithoutThem()
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => exchange.AnswerAsync(400, "{\"errors\":[{\"code\":\"X\",\"message\":\"\\u001b]0;owned\\u0007\\r\\nbad\"}]}"));
        CrunException refused = await RefuseAsync();
        Assert.Contains("bad", refused.Message);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Fact]
    public async Task Headers_WithoutAnEnd_AreRefused()
    {
        _registry.On(FakeRegistry.Manifest("v1"), async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await exchange.SendAsync($"X-More: {new string('x', 8000)}\r\n");
            }
        });
        Assert.Contains("headers are too long", (await RefuseAsync()).Message);
    }

    private async Task<CrunException> RefuseAsync(string? name = null)
    {
        using RegistryClient client = _bench.Client();
        return await Assert.ThrowsAsync<CrunException>(async () =>
        {
            ResolvedImage image = await _bench.ResolveAsync(name ?? _registry.Name(), client);
            await client.GetConfigAsync(image, Bench.Token);
        });
    }

    private async Task PourAsync(LoopbackExchange exchange, string header, bool chunked)
    {
        byte[] block = new byte[65536];
        Array.Fill(block, (byte)' ');
        await exchange.SendAsync($"HTTP/1.1 200 OK\r\n{header}\r\n\r\n");
        while (true)
        {
            await exchange.SendAsync(chunked ? "10000\r\n" : "");
            await exchange.SendAsync(block);
            await exchange.SendAsync(chunked ? "\r\n" : "");
            _sent += block.Length;
        }
    }
}
