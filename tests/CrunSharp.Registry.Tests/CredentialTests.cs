using CrunSharp.Oci;
using CrunSharp.Registry.Credentials;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class CredentialTests : IDisposable
{
    // u:<name>
    private const string Entry = """{"auth":"%"}""";

    private readonly Bench _bench = new();
    private readonly List<string> _notes = [];

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("r.io", "team/app", "app")]
    [InlineData("r.io", "team/other", "team")]
    [InlineData("r.io", "teams/other", "host")]
    [InlineData("r.io", "x", "host")]
    [InlineData("r.io:5000", "x", null)]
    [InlineData("docker.io", "library/alpine", "hub")]
    [InlineData("old.io", "x", "old")]
    public async Task Find_ByLongestPath_TakesThatEntry(string registry, string repository, string? expected)
    {
        Write(".config/containers/auth.json",
            ("r.io", "host"), ("r.io/team", "team"), ("r.io/team/app", "app"), ("https://index.docker.io/v1/", "hub"), ("https://old.io/v2/", "old"));
        Assert.Equal(expected, (await FindAsync(registry, repository))?.Secret);
    }

    [Fact]
    public async Task Find_SeveralFiles_TheFirstWithAnEntryDecides()
    {
        _bench.Variables["XDG_RUNTIME_DIR"] = _bench.Home.Make("run");
        Write(".docker/config.json", ("r.io", "docker"), ("d.io", "docker"));
        Write(".config/containers/auth.json", ("r.io", "config"));
        Assert.Equal("config", (await FindAsync("r.io"))?.Secret);
        Assert.Equal("docker", (await FindAsync("d.io"))?.Secret);

        Write("run/containers/auth.json", ("r.io", "run"));
        Assert.Equal("run", (await FindAsync("r.io"))?.Secret);

        _bench.Variables["REGISTRY_AUTH_FILE"] = Write("named.json", ("n.io", "named"));
        Assert.Equal("named", (await FindAsync("n.io"))?.Secret);
        Assert.Null(await FindAsync("r.io"));
    }

    [Fact]
    public async Task Find_NoRuntimeDirectory_LooksWherePodmanPutsItThen()
    {
        Write("run/containers/1234/auth.json", ("r.io", "numbered"));
        RegistryConfiguration configuration = new() { Environment = _ => null, RuntimeDirectory = _bench.Home["run"], UserId = 1234 };
        Assert.Equal("numbered", (await new CredentialStore(configuration).FindAsync("r.io", "a", _notes, Bench.Token))?.Secret);
    }

    [Fact]
    public async Task Find_PasswordWithColons_KeepsThem()
    {
        Write(".config/containers/auth.json", ("r.io", "a:b:c"));
        Credential? found = await FindAsync("r.io");
        Assert.Equal(("u", "a:b:c"), (found?.User, found?.Secret));
    }

    [Theory]
    [InlineData("""{"credHelpers":{"r.io":"vault"}}""", "r.io", "from-vault-r.io")]
    [InlineData("""{"credHelpers":{"r.io":"vault"}}""", "x.io", null)]
    [InlineData("""{"credsStore":"vault"}""", "docker.io", "from-vault-https://index.docker.io/v1/")]
    [InlineData("""{"credsStore":"empty"}""", "r.io", null)]
    public async Task Find_Helper_IsAskedForTheKeyItKnows(string config, string registry, string? expected)
    {
        Helper("vault", """read key; echo '{"Username":"h","Secret":"from-vault-'$key'"}'""");
        Helper("empty", "echo 'credentials not found in native keychain'; exit 1");
        _bench.Home.Write(".docker/config.json", config);
        Assert.Equal(expected, (await FindAsync(registry))?.Secret);
        Assert.Empty(_notes);
    }

    [Fact]
    public async Task Find_HelperWithAnIdentityToken_IsKnownAsOne()
    {
        Helper("vault", """echo '{"Username":"<token>","Secret":"id"}'""");
        _bench.Home.Write(".docker/config.json", """{"credsStore":"vault"}""");
        Assert.True((await FindAsync("r.io"))?.IsIdentityToken);
    }

    [Theory]
    [InlineData("missing", "'docker-credential-missing': it is not in PATH")]
    [InlineData("../../bin/sh", "its name has a '/'")]
    [InlineData("broken", "it failed with code 3: no key ring")]
    [InlineData("chatty", "its answer is not an object with Username and Secret")]
    public async Task Find_HelperThatFails_IsNotedAndNobodyIsAsked(string name, string note)
    {
        Helper("broken", "echo 'no key ring' >&2; exit 3");
        Helper("chatty", "echo hello");
        _bench.Home.Write(".docker/config.json", $$"""{"credsStore":"{{name}}"}""");
        Assert.Null(await FindAsync("r.io"));
        Assert.Contains(note, Assert.Single(_notes));
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "it is not a JSON object")]
    [InlineData("""{"auths":{"r.io":{"auth":"!!"}}}""", "is not base64")]
    public async Task Find_FileThatCannotBeRead_SaysWhich(string text, string why)
    {
        string path = _bench.Home.Write(".config/containers/auth.json", text);
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => FindAsync("r.io"));
        Assert.Contains($"'{path}'", refused.Message);
        Assert.Contains(why, refused.Message);
    }

    private Task<Credential?> FindAsync(string registry, string repository = "a") =>
        new CredentialStore(_bench.Configuration).FindAsync(registry, repository, _notes, Bench.Token);

    private string Write(string name, params (string Key, string Secret)[] entries)
    {
        IEnumerable<string> members = entries.Select(entry =>
            $"\"{entry.Key}\":{Entry.Replace("%", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"u:{entry.Secret}")))}");
        return _bench.Home.Write(name, $$"""{"auths":{ {{string.Join(',', members)}} } }""");
    }

    private void Helper(string name, string script)
    {
        string path = _bench.Home.Write($"bin/docker-credential-{name}", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _bench.Variables["PATH"] = _bench.Home["bin"];
    }
}
