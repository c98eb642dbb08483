using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class LoginTests : IAsyncDisposable
{
    // ann:secret
    private const string Ann = "Basic YW5uOnNlY3JldA==";
    private const string Default = ".config/containers/auth.json";

    private readonly Bench _bench = new();
    private readonly FakeRegistry _registry = new();

    public LoginTests() => _registry.Before = async exchange =>
    {
        bool refuse = exchange.Request.Authorization != Ann;
        await (refuse ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", "Basic realm=\"x\"")) : exchange.AnswerAsync(200, "{}"));
        return true;
    };

    public async ValueTask DisposeAsync()
    {
        _bench.Dispose();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Login_Accepted_IsStoredForTheUserAlone()
    {
        string file = await LogInAsync();
        Assert.Equal(_bench.Home[Default], file);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains($"\"{_registry.Authority}\"", File.ReadAllText(file));
        Assert.Contains("\"auth\": \"YW5uOnNlY3JldA==\"", File.ReadAllText(file));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
        Assert.All(_registry.Requests, request => Assert.Equal("/v2/", request.Path));
    }

    [Fact]
    public async Task Login_Refused_StoresNothing()
    {
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => LogInAsync("wrong-password"));
        Assert.Equal($"cannot log in to '{_registry.Authority}': it refuses 'ann' with this password", refused.Message);
        Assert.DoesNotContain("wrong-password", refused.ToString());
        Assert.False(File.Exists(_bench.Home[Default]));
    }

    [Fact]
    public async Task Login_ByToken_ShowsThePasswordToTheServiceAndAsksForNoRepository()
    {
        await using LoopbackServer service = new(exchange => exchange.Request.Authorization == Ann
            ? exchange.AnswerAsync(200, """{"token":"t"}""")
            : exchange.AnswerAsync(401));
        _registry.Before = async exchange =>
        {
            bool refuse = exchange.Request.Authorization != "Bearer t";
            await (refuse ? exchange.AnswerAsync(401, "", ("WWW-Authenticate", $"Bearer realm=\"http://{service.Authority}/\",service=\"s\"")) : exchange.AnswerAsync(200));
            return true;
        };
        await LogInAsync();
        Assert.Null(Assert.Single(service.Requests).Query("scope"));
        await Assert.ThrowsAsync<CrunException>(() => LogInAsync("wrong"));
    }

    [Fact]
    public async Task Login_WhereAnEntryWouldHideIt_ReplacesThatEntryAndNothingElse()
    {
        _bench.Variables["XDG_RUNTIME_DIR"] = _bench.Home.Make("run");
        string hiding = _bench.Home.Write("run/containers/auth.json", $$$"""{"x":[1],"auths":{"{{{_registry.Authority}}}":{"auth":"b2xkOm9sZA=="},"other.io":{"auth":"YTpi"} } }""");
        Assert.Equal(hiding, await LogInAsync());
        string text = File.ReadAllText(hiding);
        Assert.DoesNotContain("b2xkOm9sZA==", text);
        Assert.Contains("YW5uOnNlY3JldA==", text);
        Assert.Contains("\"other.io\"", text);
        Assert.Contains("\"x\"", text);
    }

    [Fact]
    public async Task Login_FileIsALink_StaysALink()
    {
        string real = _bench.Home.Write("dotfiles/auth.json", "{}");
        _bench.Home.Make(".config/containers");
        File.CreateSymbolicLink(_bench.Home[Default], real);
        await LogInAsync();
        Assert.Equal(real, new FileInfo(_bench.Home[Default]).LinkTarget);
        Assert.Contains("YW5uOnNlY3JldA==", File.ReadAllText(real));
    }

    [Fact]
    public async Task Logout_Forgets_WhatEveryFileHas()
    {
        await LogInAsync();
        string docker = _bench.Home.Write(".docker/config.json", """{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"k.io":{"auth":"YTpi"}},"credsStore":"x"}""");
        using RegistryClient client = _bench.Client();
        Assert.Equal([_bench.Home[Default]], client.LogOut(_registry.Authority));
        Assert.Equal([docker], client.LogOut("docker.io"));
        Assert.Empty(client.LogOut("docker.io"));
        Assert.DoesNotContain("index.docker.io", File.ReadAllText(docker));
        Assert.Contains("credsStore", File.ReadAllText(docker));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not/a/host.io")]
    [InlineData("word")]
    [InlineData("../a.io")]
    [InlineData("http://a.io")]
    [InlineData("a.io/path")]
    public async Task Login_ToWhatIsNoHost_IsRefused(string name)
    {
        using RegistryClient client = _bench.Client();
        await Assert.ThrowsAsync<CrunException>(() => client.LogInAsync(name, "ann", "secret", Bench.Token));
    }

    private async Task<string> LogInAsync(string password = "secret")
    {
        using RegistryClient client = _bench.Client();
        return await client.LogInAsync(_registry.Authority, "ann", password, Bench.Token);
    }
}
