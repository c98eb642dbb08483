using CrunSharp.Oci;
using CrunSharp.Registry.Http;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly Bench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Endpoints_WithoutFiles_AreTheNameItself() =>
        Assert.Equal(["docker.io/library/alpine"], Where("alpine"));

    [Theory]
    [InlineData("quay.io/a/b", "mirror.lan/quay/a/b", "quay.io/a/b")]
    [InlineData("quay.io/special/x", "elsewhere.lan/x")]
    [InlineData("quay.io/specialist/x", "mirror.lan/quay/specialist/x", "quay.io/specialist/x")]
    [InlineData("quay.io:8443/a", "quay.io:8443/a")]
    [InlineData("x.quay.io/a", "x.quay.io/a")]
    [InlineData("alpine", "hub.lan:5000/library/alpine", "docker.io/library/alpine")]
    [InlineData("one.corp.example/a", "corp.lan/a")]
    [InlineData("corp.example/a", "corp.example/a")]
    [InlineData("exact.corp.example/a", "exact.lan/a")]
    [InlineData("moved.io/a", "docker.io/library/a")]
    public void Endpoints_ByPrefix_AreMirrorsThenTheLocation(string name, params string[] places)
    {
        _bench.Configure(
            """
            unqualified-search-registries = ["quay.io"]
            [aliases]
            "alpine" = "quay.io/not/this"
            [[registry]]
            location = "quay.io"
            [[registry.mirror]]
            location = "mirror.lan/quay"
            [[registry]]
            prefix = "quay.io/special"
            location = "elsewhere.lan"
            [[registry]]
            prefix = "docker.io"
            location = "docker.io"
            mirror = [{ location = "hub.lan:5000" }]
            [[registry]]
            prefix = "*.corp.example"
            location = "corp.lan"
            [[registry]]
            prefix = "exact.corp.example"
            location = "exact.lan"
            [[registry]]
            prefix = "moved.io"
            location = "docker.io"
            """);
        Assert.Equal(places, Where(name));
    }

    [Fact]
    public void Mirrors_ForDigestsOrTags_ServeOnlyThose()
    {
        _bench.Configure(
            """
            [[registry]]
            location = "r.io"
            [[registry.mirror]]
            location = "digests.lan"
            pull-from-mirror = "digest-only"
            [[registry.mirror]]
            location = "tags.lan"
            pull-from-mirror = "tag-only"
            """);
        Assert.Equal(["tags.lan/a", "r.io/a"], Where("r.io/a"));
        Assert.Equal(["digests.lan/a", "r.io/a"], Where($"r.io/a@sha256:{new string('a', 64)}"));
    }

    [Fact]
    public void Blocked_Registry_IsRefused()
    {
        _bench.Configure("[[registry]]\nlocation = \"bad.io\"\nblocked = true");
        CrunException refused = Assert.Throws<CrunException>(() => Where("bad.io/a"));
        Assert.Equal("cannot pull 'bad.io/a:latest': registries.conf blocks 'bad.io'", refused.Message);
    }

    [Fact]
    public void Files_UsersOwn_ReplacesTheHostsButDropInsRemain()
    {
        _bench.Configure("[[registry]]\nprefix = \"a.io\"\nlocation = \"host.lan\"");
        _bench.Home.Write("etc/containers/registries.conf.d/10.conf", "[[registry]]\nprefix = \"b.io\"\nlocation = \"ten.lan\"");
        _bench.Home.Write("etc/containers/registries.conf.d/20.conf", "[[registry]]\nprefix = \"b.io\"\nlocation = \"twenty.lan\"");
        _bench.Home.Write("etc/containers/registries.conf.d/30.txt", "not TOML [");
        Assert.Equal(["host.lan/x"], Where("a.io/x"));
        Assert.Equal(["twenty.lan/x"], Where("b.io/x"));

        _bench.Home.Write(".config/containers/registries.conf", "[[registry]]\nprefix = \"a.io\"\nlocation = \"user.lan\"");
        Assert.Equal(["user.lan/x"], Where("a.io/x"));
        Assert.Equal(["twenty.lan/x"], Where("b.io/x"));

        _bench.Variables["CONTAINERS_REGISTRIES_CONF"] = _bench.Home.Write("own.conf", "[[registry]]\nprefix = \"a.io\"\nlocation = \"named.lan\"");
        Assert.Equal(["named.lan/x"], Where("a.io/x"));
    }

    [Theory]
    [InlineData("[[registry]]\nlocation = 5", "'location' is not a text")]
    [InlineData("[[registry]]\ninsecure = true", "has neither 'prefix' nor 'location'")]
    [InlineData("[[registry]]\nlocation = \"https://a.io\"", "is no prefix")]
    [InlineData("[[registry]]\nprefix = \"a.*.io\"", "is no prefix")]
    [InlineData("[registry]\nlocation = \"a.io\"", "write [[registry]]")]
    [InlineData("[registries.search]\nregistries = []", "version 1")]
    [InlineData("a = ", "line 1 is not TOML")]
    public void File_ThatCannotBeUsed_SaysWhy(string toml, string why)
    {
        _bench.Configure(toml);
        CrunException refused = Assert.Throws<CrunException>(() => Where("a.io/x"));
        Assert.Contains(_bench.Home["etc/containers/registries.conf"], refused.Message);
        Assert.Contains(why, refused.Message);
    }

    [Fact]
    public async Task Pull_MirrorsOfNoUse_ComesFromTheRegistryAndItsFailureNamesThem()
    {
        await using FakeRegistry mirror = new();
        await using FakeRegistry registry = new();
        TestImage image = TestImage.Create();
        registry.Hold(image);
        _bench.Configure($"[[registry]]\nlocation = \"{registry.Authority}\"\n[[registry.mirror]]\nlocation = \"{mirror.Authority}\"");

        ResolvedImage resolved = await _bench.ResolveAsync(registry.Name());
        Assert.Equal(registry.Authority, resolved.Endpoint.Registry);
        Assert.NotEmpty(mirror.Requests);

        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name("nope")));
        Assert.Contains($"'{registry.Authority}' has no tag 'nope'", refused.Message);
        Assert.Contains(refused.Hints, hint => hint.Contains("the mirror was of no use") && hint.Contains(mirror.Authority));
    }

    [Fact]
    public async Task Pull_MirrorHasIt_RegistryIsNotAsked()
    {
        await using FakeRegistry mirror = new();
        mirror.Hold(TestImage.Create());
        _bench.Configure($"[[registry]]\nlocation = \"far.example\"\n[[registry.mirror]]\nlocation = \"{mirror.Authority}/team\"");
        using RegistryClient client = _bench.Client();
        ResolvedImage image = await _bench.ResolveAsync("far.example/app:v1", client);
        Assert.Equal($"{mirror.Authority}/team/app", image.Endpoint.ToString());
        Assert.Equal(1000, (await Bench.ReadAsync(client, image)).Length);
    }

    [Fact]
    public async Task Pull_MirrorLacksABlob_BlobComesFromTheRegistry()
    {
        await using FakeRegistry mirror = new();
        await using FakeRegistry registry = new();
        TestImage image = TestImage.Create();
        mirror.Hold(image).On(FakeRegistry.Blob(image.Layers[0]), exchange => exchange.AnswerAsync(404));
        registry.Hold(image);
        _bench.Configure($"[[registry]]\nlocation = \"{registry.Authority}\"\n[[registry.mirror]]\nlocation = \"{mirror.Authority}\"");
        using RegistryClient client = _bench.Client();
        Assert.Equal(image.Layers[0], await Bench.ReadAsync(client, await _bench.ResolveAsync(registry.Name(), client)));
        Assert.Single(registry.Requests);
    }

    [Theory]
    [InlineData("https://registry.example/v2/", true)]
    [InlineData("http://registry.example/v2/", false)]
    [InlineData("https://localhost:5000/", false)]
    [InlineData("https://127.0.0.1/", false)]
    [InlineData("https://[::1]:5000/", false)]
    [InlineData("https://a.corp.lan/", false)]
    [InlineData("https://corp.lan/", false)]
    [InlineData("https://acorp.lan/", true)]
    [InlineData("https://sub.below.lan/", false)]
    [InlineData("https://below.lan/", true)]
    [InlineData("https://port.lan:8443/", false)]
    [InlineData("https://port.lan/", true)]
    [InlineData("https://10.1.2.3/", false)]
    [InlineData("https://11.1.2.3/", true)]
    [InlineData("https://192.0.2.7:5000/", false)]
    public void Proxy_FromTheEnvironment_LeavesOutWhatNoProxyNames(string address, bool isUsed)
    {
        Dictionary<string, string> variables = new()
        {
            ["https_proxy"] = "proxy.lan:3128",
            ["NO_PROXY"] = "corp.lan, .below.lan,port.lan:8443,10.0.0.0/8,192.0.2.7",
        };
        EnvironmentProxy proxy = new(name => variables.GetValueOrDefault(name));
        Assert.Equal(isUsed ? new Uri("http://proxy.lan:3128") : null, proxy.GetProxy(new Uri(address)));
    }

    [Fact]
    public async Task Pull_PlainRegistryListedAsInsecure_GoesThroughTheProxyAsHttp()
    {
        TestImage image = TestImage.Create();
        await using LoopbackServer proxy = new(exchange => exchange.Request.Method == "CONNECT"
            ? exchange.AnswerAsync(502)
            : exchange.AnswerAsync(200, image.Manifest, ("Content-Type", image.ManifestType)));
        _bench.Variables["HTTPS_PROXY"] = _bench.Variables["HTTP_PROXY"] = $"http://me:pass%20word@{proxy.Authority}";
        _bench.Configure("[[registry]]\nlocation = \"plain.example:5000\"\ninsecure = true");
        await _bench.ResolveAsync("plain.example:5000/a");
        Assert.StartsWith("http://plain.example:5000/v2/a/", proxy.Requests[^1].Target);
    }

    private List<string> Where(string name) =>
        [.. _bench.Configuration.EndpointsFor(Reference.Parse(name)).Select(endpoint => endpoint.ToString())];
}
