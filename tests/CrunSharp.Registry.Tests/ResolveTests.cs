using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class ResolveTests : IAsyncDisposable
{
    private readonly Bench _bench = new();
    private readonly FakeRegistry _registry = new();

    public async ValueTask DisposeAsync()
    {
        _bench.Dispose();
        await _registry.DisposeAsync();
    }

    [Theory]
    [InlineData(TestImage.OciManifestType)]
    [InlineData(TestImage.DockerManifestType)]
    public async Task Pull_OfATag_YieldsManifestConfigAndLayers(string type)
    {
        TestImage image = TestImage.Create([TestImage.Noise(300_000), TestImage.Noise(10, 2)], manifestType: type);
        _registry.Hold(image);
        using RegistryClient client = _bench.Client();

        ResolvedImage resolved = await _bench.ResolveAsync(_registry.Name(), client);

        Assert.Equal(image.ManifestDigest, resolved.Manifest.Digest.ToString());
        Assert.Equal(image.ManifestDigest, resolved.NamedDigest.ToString());
        Assert.Equal(type, resolved.Manifest.MediaType);
        Assert.Equal(image.Config, await client.GetConfigAsync(resolved, Bench.Token));
        Assert.Equal(image.Layers[0], await Bench.ReadAsync(client, resolved));
        Assert.Equal(image.Layers[1], await Bench.ReadAsync(client, resolved, 1));
    }

    [Fact]
    public async Task Pull_OneRequestAfterAnother_UsesOneConnection()
    {
        TestImage image = TestImage.Create([TestImage.Noise(300_000), TestImage.Noise(10, 2)]);
        _registry.Hold(image);
        using RegistryClient client = _bench.Client();
        ResolvedImage resolved = await _bench.ResolveAsync(_registry.Name(), client);
        await client.GetConfigAsync(resolved, Bench.Token);
        await Bench.ReadAsync(client, resolved);
        await Bench.ReadAsync(client, resolved, 1);

        // The other one is the question whether it speaks TLS.
        Assert.Equal(2, _registry.Connections);
        Assert.Equal(4, _registry.Requests.Count);
    }

    [Fact]
    public async Task Resolve_ByDigest_AsksForTheDigest()
    {
        TestImage image = TestImage.Create();
        _registry.Hold(image, tag: null);
        ResolvedImage resolved = await _bench.ResolveAsync($"{_registry.Authority}/{FakeRegistry.Repository}@{image.ManifestDigest}");
        Assert.Equal(image.ManifestDigest, resolved.Manifest.Digest.ToString());
    }

    [Theory]
    [InlineData("linux/amd64", "amd64")]
    [InlineData("linux/arm64", "arm64")]
    [InlineData("linux/arm64/v8", "arm64")]
    [InlineData("linux/arm/v7", "arm6")]
    [InlineData("linux/arm/v6", "arm6")]
    [InlineData("linux/amd64/v3", "amd64")]
    public async Task Resolve_Index_ChoosesWhatThePlatformRunsBest(string wanted, string chosen)
    {
        Dictionary<string, TestImage> images = new()
        {
            ["arm5"] = TestImage.Create([TestImage.Noise(10, 5)], "arm"),
            ["arm6"] = TestImage.Create([TestImage.Noise(10, 6)], "arm"),
            ["arm64"] = TestImage.Create([TestImage.Noise(10, 7)], "arm64"),
            ["amd64"] = TestImage.Create([TestImage.Noise(10, 8)]),
        };
        foreach (TestImage image in images.Values)
        {
            _registry.Hold(image, tag: null);
        }

        byte[] index = TestImage.Index(
            ("unknown/unknown", images["arm5"]), ("linux/arm/v5", images["arm5"]), ("linux/arm/v6", images["arm6"]), ("linux/arm64/v8", images["arm64"]), ("linux/amd64", images["amd64"]));
        _registry.HoldManifest(index, TestImage.OciIndexType, "v1");

        ResolvedImage resolved = await _bench.ResolveAsync(_registry.Name(), platform: Platform.Parse(wanted));

        Assert.Equal(images[chosen].ManifestDigest, resolved.Manifest.Digest.ToString());
        Assert.Equal(TestImage.DigestOf(index), resolved.NamedDigest.ToString());
        Assert.Equal(index, resolved.IndexBytes!.Value.ToArray());
    }

    [Fact]
    public async Task Resolve_IndexWithoutThePlatform_SaysWhatThereIs()
    {
        TestImage image = TestImage.Create();
        _registry.HoldManifest(TestImage.Index(("linux/arm64", image), ("linux/s390x", image), ("unknown/unknown", image)), TestImage.OciIndexType, "v1");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(_registry.Name()));
        Assert.Equal($"cannot use '{_registry.Name()}' on linux/amd64: it is made for linux/arm64, linux/s390x", refused.Message);
        Assert.Contains("--platform linux/arm64", refused.Hints[0]);
    }

    [Fact]
    public async Task GetConfig_OfAnotherArchitecture_SaysWhichItIs()
    {
        _registry.Hold(TestImage.Create(architecture: "riscv64"));
        using RegistryClient client = _bench.Client();
        ResolvedImage resolved = await _bench.ResolveAsync(_registry.Name(), client);
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => client.GetConfigAsync(resolved, Bench.Token));
        Assert.Contains("made for linux/riscv64", refused.Message);
    }

    [Fact]
    public async Task Resolve_UnknownTag_SaysSo()
    {
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(_registry.Name("nope")));
        Assert.Equal($"cannot find the image '{_registry.Name("nope")}': '{_registry.Authority}' has no tag 'nope' in 'team/app', or no such repository", refused.Message);
    }

    [Fact]
    public async Task Resolve_UnknownRepository_SaysSo()
    {
        _registry.On(FakeRegistry.Manifest("v1"), exchange => exchange.AnswerAsync(404, """{"errors":[{"code":"NAME_UNKNOWN"}]}"""));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(_registry.Name()));
        Assert.EndsWith("has no repository 'team/app'", refused.Message);
    }

    [Fact]
    public async Task Resolve_NothingListens_SaysSoAtOnce()
    {
        FakeRegistry gone = new();
        int port = gone.Port;
        await gone.DisposeAsync();
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"127.0.0.1:{port}/a"));
        Assert.Equal($"cannot pull '127.0.0.1:{port}/a:latest' from '127.0.0.1:{port}': nothing listens on port {port}", refused.Message);
    }

    [Fact]
    public async Task Resolve_UnknownHost_SaysSo()
    {
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync("no-such-host.invalid/a"));
        Assert.Contains("no address is known for this name", refused.Message);
    }

    [Fact]
    public async Task Resolve_Artifact_IsNoImage()
    {
        byte[] manifest = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{TestImage.Descriptor("application/vnd.cncf.helm.config.v1+json", [])}},"layers":[]}""");
        _registry.HoldManifest(manifest, TestImage.OciManifestType, "v1");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(_registry.Name()));
        Assert.Contains("no image, but an artifact of the kind 'application/vnd.cncf.helm.config.v1+json'", refused.Message);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Resolve_RegistryBusyTwice_IsAskedAgain(int status)
    {
        int refusals = 0;
        _registry.Hold(TestImage.Create());
        _registry.Before = async exchange =>
        {
            bool refuse = Interlocked.Increment(ref refusals) <= 2;
            await (refuse ? exchange.AnswerAsync(status, "busy", ("Retry-After", "0")) : Task.CompletedTask);
            return refuse;
        };
        await _bench.ResolveAsync(_registry.Name());
        Assert.Equal(3, _registry.Requests.Count);
    }

    [Fact]
    public async Task Resolve_RegistryAsksForPatience_GetsIt()
    {
        _bench.Limits = _bench.Limits with { LongestPause = TimeSpan.FromMilliseconds(400) };
        bool asked = false;
        _registry.Hold(TestImage.Create());
        _registry.Before = async exchange =>
        {
            (bool first, asked) = (!asked, true);
            await (first ? exchange.AnswerAsync(429, "", ("Retry-After", "3600")) : Task.CompletedTask);
            return first;
        };
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        await _bench.ResolveAsync(_registry.Name());
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) > TimeSpan.FromMilliseconds(350));
    }

    [Fact]
    public async Task Resolve_RegistryAlwaysBusy_FailsWithItsAnswer()
    {
        _registry.Before = async exchange =>
        {
            await exchange.AnswerAsync(429, """{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}""");
            return true;
        };
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(_registry.Name()));
        Assert.Contains("has had too many requests from here (slow down)", refused.Message);
        Assert.Equal(_bench.Limits.Attempts, _registry.Requests.Count);
    }

    [Fact]
    public async Task Resolve_ConnectionReset_IsAskedAgain()
    {
        bool broken = false;
        _registry.Hold(TestImage.Create());
        _registry.Before = exchange =>
        {
            bool first = !broken;
            if (first)
            {
                broken = true;
                exchange.Break();
            }

            return Task.FromResult(first);
        };
        await _bench.ResolveAsync(_registry.Name());
        Assert.Equal(2, _registry.Requests.Count);
    }

    [Fact]
    public async Task Resolve_Cancelled_EndsAsCancelled()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(100));
        _registry.Before = async exchange =>
        {
            await Task.Delay(Timeout.Infinite, exchange.ServerEnds);
            return true;
        };
        using RegistryClient client = _bench.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ResolveAsync(Reference.Parse(_registry.Name()), Bench.Amd64, source.Token));
    }
}
