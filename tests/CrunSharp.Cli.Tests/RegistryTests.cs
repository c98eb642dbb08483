using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography.X509Certificates;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>The published program and registries that want something: a login, trust, patience.</summary>
public sealed class RegistryTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();
    private readonly Dictionary<string, string?> _environment;

    public RegistryTests()
    {
        Host.Requires(Host.PublishedBinaries);
        _environment = new Dictionary<string, string?>
        {
            ["HOME"] = _home,
            ["XDG_CONFIG_HOME"] = null,
            ["REGISTRY_AUTH_FILE"] = null,
            ["DOCKER_CONFIG"] = null,
            ["CONTAINERS_REGISTRIES_CONF"] = _home.Write("registries.conf", ""),
        };
    }

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Login_ThenPull_OverTlsOfAPrivateAuthority_Works()
    {
        Host.Requires(TestRegistry.Installed, TestRegistry.PasswordTool);
        using TestAuthority authority = new("corp authority");
        using X509Certificate2 certificate = authority.Issue();
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Basic = ("ann", "secret"), Certificate = certificate });
        await registry.PushAsync("app", "v1", Image());
        string name = $"{registry.Authority}/app:v1";

        CommandResult distrusted = await RunAsync(null, "pull", name);
        Assert.Equal(125, distrusted.ExitCode);
        Assert.Contains("is signed by 'CN=corp authority', an authority that this host does not know", distrusted.Error);

        _home.Write($".config/containers/certs.d/{registry.Authority}/ca.crt", authority.Pem);
        CommandResult unknown = await RunAsync(null, "pull", name);
        Assert.Equal(125, unknown.ExitCode);
        Assert.Contains($"crun-sharp login {registry.Authority}", unknown.Error);

        CommandResult refused = await RunAsync("wrong\n", "login", "-u", "ann", "--password-stdin", registry.Authority);
        Assert.Equal(125, refused.ExitCode);
        Assert.Contains("it refuses 'ann' with this password", refused.Error);

        (await RunAsync("secret\n", "login", "-u", "ann", "--password-stdin", registry.Authority)).Succeeded();
        Assert.Equal($"{name}\n", (await RunAsync(null, "pull", "-q", name)).Succeeded().Output);

        Assert.Contains("Removed login credentials", (await RunAsync(null, "logout", registry.Authority)).Succeeded().Output);
        Assert.Equal(125, (await RunAsync(null, "pull", name)).ExitCode);
    }

    [Fact]
    public async Task Pull_ByToken_Works()
    {
        Host.Requires(TestRegistry.Installed);
        await using TokenIssuer issuer = new();
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Tokens = issuer });
        await registry.PushAsync("app", "v1", Image());
        (await RunAsync(null, "pull", $"{registry.Authority}/app:v1")).Succeeded();
    }

    [Fact]
    public async Task Pull_KilledHalfway_GoesOnWithWhatItHas()
    {
        TestImage image = Image();
        byte[] layer = image.Layers[0];
        int half = layer.Length / 2;
        TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<int> ranges = [];
        await using LoopbackServer server = new(async exchange =>
        {
            string path = exchange.Request.Path;
            byte[] body = path.Contains("/manifests/") ? image.Manifest : path.EndsWith(image.ConfigDigest, StringComparison.Ordinal) ? image.Config : layer;
            if (body != layer)
            {
                await exchange.AnswerAsync(200, body, ("Content-Type", body == image.Manifest ? image.ManifestType : "application/octet-stream"));
                return;
            }

            int from = exchange.Request.Headers.TryGetValue("Range", out string? range)
                ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture)
                : 0;
            ranges.Add(from);
            if (ranges.Count > 1)
            {
                await exchange.AnswerAsync(from == 0 ? 200 : 206, layer.AsMemory(from), ("Content-Range", $"bytes {from}-{layer.Length - 1}/{layer.Length}"));
                return;
            }

            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {layer.Length}\r\n\r\n");
            await exchange.SendAsync(layer.AsMemory(0, half));
            sent.SetResult();
            await Task.Delay(Timeout.Infinite, exchange.ServerEnds);
        });
        string name = $"{server.Authority}/app:v1";
        using (Process first = Command.Start(new CommandOptions { Environment = _environment }, Host.Published("crun-sharp"), Arguments("pull", name)))
        {
            await sent.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

            // What was sent has to be read and written before the end comes.
            await Task.Delay(500, TestContext.Current.CancellationToken);
            first.Kill();
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.NotEqual(0, (await RunAsync(null, "inspect", name)).ExitCode);
        (await RunAsync(null, "pull", name)).Succeeded();
        Assert.Equal(2, ranges.Count);
        Assert.InRange(ranges[1], 1, half);
    }

    [Theory]
    [InlineData("127.0.0.1:9/a", "nothing listens on port 9")]
    [InlineData("no-such-host.invalid/a", "no address is known for this name")]
    [InlineData("UPPER/a", "is not a repository")]
    public async Task Pull_OfWhatCannotBe_SaysWhyInOneLine(string name, string why)
    {
        CommandResult result = await RunAsync(null, "pull", name);
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("crun-sharp: cannot ", result.Error);
        Assert.Contains(why, result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Fact]
    public async Task Pull_ThroughAMirror_IsTakenFromThere()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await registry.PushAsync("hub/library/app", "v1", Image());
        _home.Write("registries.conf", $"[[registry]]\nprefix = \"docker.io\"\nlocation = \"docker.io\"\n[[registry.mirror]]\nlocation = \"{registry.Authority}/hub\"\n");
        Assert.Equal("docker.io/library/app:v1\n", (await RunAsync(null, "pull", "-q", "app:v1")).Succeeded().Output);
    }

    [Fact]
    public async Task Push_OfANewName_CanBePulledElsewhere()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await using TestRegistry other = await TestRegistry.StartAsync();
        TestImage image = Image();
        await registry.PushAsync("app", "v1", image);
        (await RunAsync(null, "pull", $"{registry.Authority}/app:v1")).Succeeded();
        (await RunAsync(null, "tag", $"{registry.Authority}/app:v1", $"{other.Authority}/moved:v2")).Succeeded();
        CommandResult pushed = (await RunAsync(null, "push", $"{other.Authority}/moved:v2")).Succeeded();
        Assert.Equal($"v2: digest: {image.ManifestDigest} size: {image.Manifest.Length}\n", pushed.Output);
        Assert.Contains("Pushed\n", pushed.Error);
        (await RunAsync(null, "pull", $"{other.Authority}/moved:v2")).Succeeded();
        Assert.Equal(125, (await RunAsync(null, "tag", $"{registry.Authority}/app:v1", $"x@{image.ManifestDigest}")).ExitCode);
    }

    /// <summary>One layer, large enough to be cut in two.</summary>
    private static TestImage Image()
    {
        using MemoryStream archive = new();
        using (TarWriter tar = new(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "noise") { DataStream = new MemoryStream(TestImage.Noise(1_000_000)) });
        }

        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(archive.ToArray());
        }

        // The config names what the layer unpacks to, the manifest what it is.
        TestImage unpacked = TestImage.Create([archive.ToArray()], Architecture);
        TestImage image = TestImage.Create([packed.ToArray()], Architecture);
        string manifest = System.Text.Encoding.UTF8.GetString(image.Manifest)
            .Replace(TestImage.Descriptor("application/vnd.oci.image.config.v1+json", image.Config), TestImage.Descriptor("application/vnd.oci.image.config.v1+json", unpacked.Config));
        return image with { Config = unpacked.Config, Manifest = System.Text.Encoding.UTF8.GetBytes(manifest) };
    }

    private static string Architecture =>
        System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private string[] Arguments(params string[] arguments) => ["--root", _home["root"], "--runroot", _home["run"], .. arguments];

    private Task<CommandResult> RunAsync(string? input, params string[] arguments) => Command.RunAsync(
        new CommandOptions { Environment = _environment, Input = input is null ? null : System.Text.Encoding.UTF8.GetBytes(input) },
        Host.Published("crun-sharp"),
        Arguments(arguments));
}
