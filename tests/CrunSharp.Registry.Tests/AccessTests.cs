using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

/// <summary>Where credentials go, and above all where they do not.</summary>
public sealed class AccessTests : IAsyncDisposable
{
    // ann:secret
    private const string Ann = "Basic YW5uOnNlY3JldA==";

    private readonly byte[] _layer = TestImage.Noise(5000);
    private readonly Bench _bench = new();
    private readonly FakeRegistry _registry = new();
    private readonly LoopbackServer _other;

    public AccessTests()
    {
        _registry.Hold(TestImage.Create([_layer]));
        _other = new LoopbackServer(exchange => exchange.AnswerAsync(200, _layer));
    }

    public async ValueTask DisposeAsync()
    {
        _bench.Dispose();
        await _registry.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Basic_StoredForThisRegistry_IsSentOnceItIsAskedFor()
    {
        _bench.LogIn(_registry.Authority);
        AskForBasic();
        Assert.Equal(_layer, await PullAsync());

        // The first request tells nobody who is asking.
        Assert.Null(_registry.Requests[0].Authorization);
        Assert.All(_registry.Requests.Skip(1), request => Assert.Equal(Ann, request.Authorization));
    }

    [Fact]
    public async Task Basic_NothingStored_SaysThatALoginMayHelp()
    {
        AskForBasic();
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains("or shows it only after a login", refused.Message);
        Assert.Contains(refused.Hints, hint => hint.Contains($"crun-sharp login {_registry.Authority}"));
    }

    [Fact]
    public async Task Basic_WrongPassword_NamesUserAndFileButNotThePassword()
    {
        _bench.LogIn(_registry.Authority, "ann", "wrong-password");
        AskForBasic();
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains($"refuses 'ann' from '{_bench.Home[".config/containers/auth.json"]}'", refused.Message);
        Assert.DoesNotContain("wrong-password", refused.ToString());
    }

    [Fact]
    public async Task Cve2014_5277_CredentialsOfAnotherRegistry_AreNotSent()
    {
        _bench.LogIn(_other.Authority);
        AskForBasic();
        await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.All(_registry.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task Cve2014_5277_HttpsFails_NoPlainRequestIsMade()
    {
        // Both proxies would see what is sent to a host that is not this machine.
        await using LoopbackServer plain = new(exchange => exchange.AnswerAsync(200));
        await using LoopbackServer secure = new(exchange => exchange.AnswerAsync(502));
        _bench.Variables["HTTP_PROXY"] = $"http://{plain.Authority}";
        _bench.Variables["HTTPS_PROXY"] = $"http://{secure.Authority}";
        _bench.LogIn("registry.example");
        await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync("registry.example/a"));
        Assert.NotEmpty(secure.Requests);
        Assert.All(secure.Requests, request => Assert.Equal("CONNECT", request.Method));
        Assert.Empty(plain.Requests);
    }

    [Fact]
    public async Task Cve2019_10214_RedirectToAnotherHost_LosesTheAuthorization()
    {
        _bench.LogIn(_registry.Authority);
        AskForBasic();
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(307, "", ("Location", $"http://{_other.Authority}/bytes")));
        Assert.Equal(_layer, await PullAsync());
        Assert.Null(Assert.Single(_other.Requests).Authorization);
    }

    [Fact]
    public async Task Cve2019_10214_RedirectThereAndBack_DoesNotRegainTheAuthorization()
    {
        _bench.LogIn(_registry.Authority);
        AskForBasic(except: "/elsewhere");
        await using LoopbackServer mirror = new(exchange => exchange.AnswerAsync(307, "", ("Location", $"http://{_registry.Authority}/elsewhere")));
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(307, "", ("Location", $"http://{mirror.Authority}/")));
        _registry.On("/elsewhere", exchange => exchange.AnswerAsync(200, _layer));
        Assert.Equal(_layer, await PullAsync());
        Assert.Null(Assert.Single(_registry.Asked("/elsewhere")).Authorization);
    }

    [Theory]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("Bearer realm=\"http://THIEF/\"")]
    public async Task Cve2019_10214_RedirectedHostAsksWhoWeAre_IsNotTold(string challenge)
    {
        challenge = challenge.Replace("THIEF", _other.Authority, StringComparison.Ordinal);
        _bench.LogIn(_registry.Authority);
        AskForBasic();
        await using LoopbackServer curious = new(exchange => exchange.AnswerAsync(401, "", ("WWW-Authenticate", challenge)));
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(307, "", ("Location", $"http://{curious.Authority}/")));
        await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.All(curious.Requests, request => Assert.Null(request.Authorization));
        Assert.Empty(_other.Requests);
    }

    [Theory]
    [InlineData("http://cdn.example/blob")]
    [InlineData("ftp://127.0.0.1/blob")]
    [InlineData("file:///etc/shadow")]
    [InlineData("https://user:pass@127.0.0.1/")]
    public async Task Redirect_ToWhatIsNotHttps_IsRefused(string location)
    {
        _bench.Variables["HTTP_PROXY"] = $"http://{_other.Authority}";
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(307, "", ("Location", location)));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains("which is not https", refused.Message);
        Assert.Empty(_other.Requests);
    }

    [Fact]
    public async Task Redirect_WithoutAnEnd_IsRefused()
    {
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(307, "", ("Location", exchange.Request.Target)));
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains("redirects more than 5 times", refused.Message);
        Assert.Equal(6, _registry.Asked(FakeRegistry.Blob(_layer)).Count());
    }

    [Fact]
    public async Task Cve2020_15157_ForeignLayerUrl_GetsNoAuthorization()
    {
        _bench.LogIn(_registry.Authority);
        AskForBasic();
        string layer = TestImage.Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", _layer)[..^1];
        byte[] config = TestImage.Create([_layer]).Config;
        byte[] manifest = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{TestImage.Descriptor("application/vnd.docker.container.image.v1+json", config)}},"layers":[{{layer}},"urls":["http://elsewhere.example/a","http://{{_other.Authority}}/layer"]}]}""");
        _registry.HoldManifest(manifest, TestImage.DockerManifestType, "v1");
        _registry.On(FakeRegistry.Blob(_layer), exchange => exchange.AnswerAsync(404));
        Assert.Equal(_layer, await PullAsync());
        Assert.Null(Assert.Single(_other.Requests).Authorization);
    }

    [Fact]
    public async Task Token_ForTheScope_IsFetchedOnceAndUsedForAll()
    {
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(200, """{"token":"t0ken","expires_in":300}"""));
        _bench.LogIn(_registry.Authority);
        AskForToken($"Bearer realm=\"http://{service.Authority}/token\",service=\"a \\\"b\\\"\",scope=\"repository:team/app:pull\"", "t0ken");
        Assert.Equal(_layer, await PullAsync());
        LoopbackRequest asked = Assert.Single(service.Requests);
        Assert.Equal(Ann, asked.Authorization);
        Assert.Equal("a \"b\"", asked.Query("service"));
        Assert.Equal("repository:team/app:pull", asked.Query("scope"));
        Assert.DoesNotContain(_registry.Requests, request => request.Authorization == Ann);
    }

    [Fact]
    public async Task Token_NoLongerGood_IsFetchedAnew()
    {
        int issued = 0;
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(200, $$"""{"access_token":"t{{++issued}}"}"""));
        _registry.Before = async exchange =>
        {
            bool isBlob = exchange.Request.Path == FakeRegistry.Blob(_layer);
            bool refuse = exchange.Request.Authorization != (isBlob ? "Bearer t2" : "Bearer t1");
            await (refuse ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", $"Bearer realm=\"http://{service.Authority}/\"")) : Task.CompletedTask);
            return refuse;
        };
        Assert.Equal(_layer, await PullAsync());
        Assert.Equal(2, service.Requests.Count);
    }

    [Fact]
    public async Task Token_RefusedThoughJustFetched_IsNotFetchedForEver()
    {
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(200, """{"token":"no-good"}"""));
        AskForToken($"Bearer realm=\"http://{service.Authority}/token\"", "another");
        await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData("http://token.example/", "which is not https")]
    [InlineData("ftp://token.example/", "which is not https")]
    [InlineData("https://x:y@token.example/", "which is no address")]
    [InlineData("/token", "")]
    [InlineData("", "which is no address")]
    public async Task Cve2026_33540_TokenRealmThatIsNotHttps_GetsNothing(string realm, string why)
    {
        _bench.Variables["HTTP_PROXY"] = _bench.Variables["HTTPS_PROXY"] = $"http://{_other.Authority}";
        _bench.LogIn(_registry.Authority);
        AskForToken($"Bearer realm=\"{realm}\"", "t0ken");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains(why, refused.Message);
        Assert.Empty(_other.Requests);
    }

    [Fact]
    public async Task Cve2026_33540_TokenServiceRedirects_PasswordStays()
    {
        await using LoopbackServer thief = new(exchange => exchange.AnswerAsync(200, """{"token":"t0ken"}"""));
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(307, "", ("Location", $"http://{thief.Authority}/")));
        _bench.LogIn(_registry.Authority);
        AskForToken($"Bearer realm=\"http://{service.Authority}/\"", "t0ken");
        await PullAsync();
        Assert.Null(Assert.Single(thief.Requests).Authorization);
    }

    [Fact]
    public async Task IdentityToken_IsExchangedInABodyThatFollowsNoRedirect()
    {
        await using LoopbackServer thief = new(exchange => exchange.AnswerAsync(200, """{"token":"t0ken"}"""));
        await using LoopbackServer service = new(exchange => exchange.Request.Path == "/good"
            ? exchange.AnswerAsync(200, """{"access_token":"t0ken"}""")
            : exchange.AnswerAsync(307, "", ("Location", $"http://{thief.Authority}/")));
        _bench.Home.Write(".docker/config.json", $$$"""{"auths":{"{{{_registry.Authority}}}":{"auth":"","identitytoken":"id-t0ken"} } }""");
        AskForToken($"Bearer realm=\"http://{service.Authority}/good\",service=\"s\"", "t0ken");
        await PullAsync();
        LoopbackRequest asked = Assert.Single(service.Requests);
        Assert.Equal("POST", asked.Method);
        Assert.Contains("grant_type=refresh_token&refresh_token=id-t0ken", System.Text.Encoding.ASCII.GetString(asked.Body));

        AskForToken($"Bearer realm=\"http://{service.Authority}/bad\",service=\"s\"", "t0ken");
        await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Empty(thief.Requests);
    }

    [Fact]
    public async Task Token_ServiceRefusesThePassword_SaysWhose()
    {
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(401, """{"details":"incorrect username or password"}"""));
        _bench.LogIn(_registry.Authority);
        AskForToken($"Bearer realm=\"http://{service.Authority}/\"", "t0ken");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains("refuses 'ann' from ", refused.Message);
        Assert.Contains("(incorrect username or password)", refused.Message);
    }

    [Theory]
    [InlineData("{\"token\":\"two\\r\\nlines: x\"}")]
    [InlineData("{\"token\":\"\"}")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("no json")]
    public async Task Token_AnswerWithoutOne_IsRefused(string answer)
    {
        await using LoopbackServer service = new(exchange => exchange.AnswerAsync(200, answer));
        AskForToken($"Bearer realm=\"http://{service.Authority}/\"", "t0ken");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(PullAsync);
        Assert.Contains("the token service of", refused.Message);
    }

    private void AskForBasic(string? except = null) => _registry.Before = async exchange =>
    {
        bool refuse = exchange.Request.Authorization != Ann && exchange.Request.Path != except;
        await (refuse ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", "Basic realm=\"test, with a comma\"")) : Task.CompletedTask);
        return refuse;
    };

    private void AskForToken(string challenge, string token) => _registry.Before = async exchange =>
    {
        bool refuse = exchange.Request.Authorization != $"Bearer {token}";
        await (refuse ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", challenge)) : Task.CompletedTask);
        return refuse;
    };

    private async Task<byte[]> PullAsync()
    {
        using RegistryClient client = _bench.Client();
        return await Bench.ReadAsync(client, await _bench.ResolveAsync(_registry.Name(), client));
    }
}
