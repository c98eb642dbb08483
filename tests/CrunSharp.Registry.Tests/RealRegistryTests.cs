using System.Security.Cryptography.X509Certificates;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

/// <summary>Against Debian's docker-registry, a registry that others wrote.</summary>
public sealed class RealRegistryTests : IDisposable
{
    private readonly Bench _bench = new();
    private readonly TestImage _image = TestImage.Create([TestImage.Noise(2_000_000), TestImage.Noise(500_000, 2), TestImage.Noise(1, 3)]);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Plain_OnLoopback_YieldsTheImage()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await PushAndPullAsync(registry);
    }

    [Fact]
    public async Task Plain_Index_YieldsThePlatforms()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        TestImage other = TestImage.Create([TestImage.Noise(10, 9)], "arm64");
        await registry.PushAsync("a", "amd64", _image);
        await registry.PushAsync("a", "arm64", other);
        byte[] index = TestImage.Index(("linux/amd64", _image), ("linux/arm64/v8", other));
        await registry.PushManifestAsync("a", "all", index, TestImage.OciIndexType);
        ResolvedImage resolved = await _bench.ResolveAsync($"{registry.Authority}/a:all", platform: Platform.Parse("linux/arm64"));
        Assert.Equal(other.ManifestDigest, resolved.Manifest.Digest.ToString());
    }

    [Fact]
    public async Task Plain_Layout_IsPushedWhole()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        foreach (byte[] blob in (IEnumerable<byte[]>)[_image.Config, _image.Manifest, .. _image.Layers])
        {
            string path = _bench.Home[$"layout/blobs/{TestImage.DigestOf(blob).Replace(':', '/')}"];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, blob, Bench.Token);
        }

        _bench.Home.Write("layout/index.json", $$"""{"schemaVersion":2,"manifests":[{{TestImage.Descriptor(_image.ManifestType, _image.Manifest)}}]}""");
        await registry.PushLayoutAsync(_bench.Home["layout"], "from/layout", "x");
        ResolvedImage resolved = await _bench.ResolveAsync($"{registry.Authority}/from/layout:x");
        Assert.Equal(_image.ManifestDigest, resolved.Manifest.Digest.ToString());
    }

    [Fact]
    public async Task Plain_UnknownNames_AreToldApart()
    {
        Host.Requires(TestRegistry.Installed);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await registry.PushAsync("a", "v1", _image);
        CrunException tag = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"{registry.Authority}/a:v2"));
        Assert.Contains($"'{registry.Authority}' has no tag 'v2' in 'a'", tag.Message);
        CrunException repository = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"{registry.Authority}/b:v1"));
        Assert.Contains("cannot find the image", repository.Message);
    }

    [Fact]
    public async Task Basic_WithTheStoredPassword_YieldsTheImage()
    {
        Host.Requires(TestRegistry.Installed, TestRegistry.PasswordTool);
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Basic = ("ann", "s:e:c") });
        _bench.LogIn(registry.Authority, "ann", "s:e:c");
        await PushAndPullAsync(registry);
        _bench.LogIn(registry.Authority, "ann", "wrong");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"{registry.Authority}/team/app:v1"));
        Assert.Contains("refuses 'ann' from ", refused.Message);
    }

    [Fact]
    public async Task Token_AsNobody_YieldsTheImage()
    {
        Host.Requires(TestRegistry.Installed);
        await using TokenIssuer issuer = new();
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Tokens = issuer });
        await PushAndPullAsync(registry);

        // One token serves the manifest, the config and three layers side by side.
        Assert.Single(issuer.Requests);
    }

    [Fact]
    public async Task Token_WithTheStoredPassword_YieldsTheImageAndWithAWrongOneSaysWhose()
    {
        Host.Requires(TestRegistry.Installed);
        await using TokenIssuer issuer = new("ann", "secret");
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Tokens = issuer });
        _bench.LogIn(registry.Authority);
        await PushAndPullAsync(registry);
        _bench.LogIn(registry.Authority, "ann", "wrong");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"{registry.Authority}/team/app:v1"));
        Assert.Contains("refuses 'ann' from ", refused.Message);
    }

    [Theory]
    [InlineData("etc/containers/certs.d")]
    [InlineData("etc/docker/certs.d")]
    [InlineData(".config/containers/certs.d")]
    public async Task Tls_WithTheAuthorityInItsPlace_YieldsTheImage(string place)
    {
        Host.Requires(TestRegistry.Installed);
        using TestAuthority authority = new();
        using X509Certificate2 certificate = authority.Issue();
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Certificate = certificate });
        _bench.Home.Write($"{place}/{registry.Authority}/ca.crt", authority.Pem);
        await PushAndPullAsync(registry);
    }

    [Fact]
    public async Task Tls_UnknownAuthority_IsRefusedByNameWithTheWayOut()
    {
        Host.Requires(TestRegistry.Installed);
        using TestAuthority authority = new("corp authority");
        using TestAuthority wrong = new("another authority");
        using X509Certificate2 certificate = authority.Issue();
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Certificate = certificate });
        foreach (string pem in (string[])["", wrong.Pem])
        {
            if (pem.Length > 0)
            {
                _bench.Home.Write($"etc/containers/certs.d/{registry.Authority}/ca.crt", pem);
            }

            CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync($"{registry.Authority}/a"));
            Assert.Contains("its certificate is signed by 'CN=corp authority', an authority that this host does not know", refused.Message);
            Assert.Contains(refused.Hints, hint => hint.Contains($"{_bench.Home["etc/containers/certs.d"]}/{registry.Authority}/ca.crt"));
        }
    }

    [Fact]
    public async Task Tls_ListedAsInsecure_YieldsTheImage()
    {
        Host.Requires(TestRegistry.Installed);
        using TestAuthority authority = new();
        using X509Certificate2 certificate = authority.Issue("another.example");
        await using TestRegistry registry = await TestRegistry.StartAsync(new TestRegistryOptions { Certificate = certificate });
        _bench.Configure($"[[registry]]\nlocation = \"{registry.Authority}\"\ninsecure = true");
        await PushAndPullAsync(registry);
    }

    private async Task PushAndPullAsync(TestRegistry registry)
    {
        await registry.PushAsync("team/app", "v1", _image);
        using RegistryClient client = _bench.Client();
        ResolvedImage resolved = await _bench.ResolveAsync($"{registry.Authority}/team/app:v1", client);
        Assert.Equal(_image.ManifestDigest, resolved.Manifest.Digest.ToString());
        Assert.Equal(_image.Config, await client.GetConfigAsync(resolved, Bench.Token));
        byte[][] layers = await Task.WhenAll(Enumerable.Range(0, 3).Select(layer => Bench.ReadAsync(client, resolved, layer)));
        Assert.Equal(_image.Layers, layers);
        Assert.Equal(_image.Layers[0][1_234_567..], await Bench.ReadAsync(client, resolved, 0, 1_234_567));
    }
}
