using System.Security.Cryptography.X509Certificates;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Registry.Tests;

/// <summary>What a certificate has to prove; the server that shows them is the test's own.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Bench _bench = new();
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _bench.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Certificate_ForAnotherName_IsRefusedThoughItsAuthorityIsKnown()
    {
        CrunException refused = await RefuseAsync(_authority.Issue("other.example"));
        Assert.Contains("its certificate is for 'other.example', not for this host", refused.Message);
    }

    [Fact]
    public async Task Certificate_ThatEnded_IsRefusedWithItsDate()
    {
        DateTimeOffset ended = DateTimeOffset.UtcNow.AddDays(-2);
        CrunException refused = await RefuseAsync(_authority.Issue(ends: ended));
        Assert.Contains($"its certificate ended on {ended.UtcDateTime:yyyy-MM-dd}", refused.Message);
    }

    [Fact]
    public async Task Certificate_SignedByItself_IsRefused()
    {
        using TestAuthority alone = new("lonely");
        CrunException refused = await RefuseAsync(X509CertificateLoader.LoadPkcs12(alone.Certificate.Export(X509ContentType.Pkcs12), null));
        Assert.Contains("certificate", refused.Message);
    }

    [Fact]
    public async Task Certificate_Refused_NothingGoesOverPlainHttp()
    {
        // Loopback may speak http, but what shows a certificate speaks TLS: no second try without it.
        await using FakeRegistry registry = new(_authority.Issue());
        _bench.LogIn(registry.Authority);
        await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name()));
        Assert.Empty(registry.Requests);
        Assert.Equal(1, registry.Connections);
    }

    [Fact]
    public async Task Redirect_FromTlsToPlain_IsRefused()
    {
        byte[] layer = TestImage.Noise(100);
        await using LoopbackServer plain = new(exchange => exchange.AnswerAsync(200, layer));
        await using FakeRegistry registry = new(_authority.Issue());
        registry.Hold(TestImage.Create([layer])).On(FakeRegistry.Blob(layer), exchange => exchange.AnswerAsync(302, "", ("Location", $"http://{plain.Authority}/")));
        Trust(registry);
        using RegistryClient client = _bench.Client();
        ResolvedImage image = await _bench.ResolveAsync(registry.Name(), client);
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => Bench.ReadAsync(client, image));
        Assert.Contains("which is not https", refused.Message);
        Assert.Empty(plain.Requests);
    }

    [Fact]
    public async Task Cve2026_33540_TlsRegistryNamesAPlainRealm_GetsNothing()
    {
        await using LoopbackServer realm = new(exchange => exchange.AnswerAsync(200, """{"token":"t"}"""));
        await using FakeRegistry registry = new(_authority.Issue());
        registry.Before = async exchange =>
        {
            await exchange.AnswerAsync(401, "", ("WWW-Authenticate", $"Bearer realm=\"http://{realm.Authority}/\""));
            return true;
        };
        Trust(registry);
        _bench.LogIn(registry.Authority);
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name()));
        Assert.Contains("which is not https: no password goes there", refused.Message);
        Assert.Empty(realm.Requests);
    }

    [Fact]
    public async Task ClientCertificate_WithoutItsKey_IsNamed()
    {
        using X509Certificate2 own = _authority.Issue("client");
        await using FakeRegistry registry = new(_authority.Issue());
        Trust(registry);
        _bench.Home.Write($"etc/containers/certs.d/{registry.Authority}/client.cert", own.ExportCertificatePem());
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name()));
        Assert.Contains("client.key' is missing", refused.Message);
    }

    [Fact]
    public async Task CertificateFile_ThatIsNone_IsNamed()
    {
        await using FakeRegistry registry = new(_authority.Issue());
        string path = _bench.Home.Write($"etc/containers/certs.d/{registry.Authority}/ca.crt", "hello");
        CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name()));
        Assert.Contains($"cannot use the certificate '{path}'", refused.Message);
    }

    private void Trust(FakeRegistry registry) => _bench.Home.Write($"etc/containers/certs.d/{registry.Authority}/ca.crt", _authority.Pem);

    private async Task<CrunException> RefuseAsync(X509Certificate2 certificate)
    {
        using (certificate)
        {
            await using FakeRegistry registry = new(certificate);
            Trust(registry);
            CrunException refused = await Assert.ThrowsAsync<CrunException>(() => _bench.ResolveAsync(registry.Name()));
            Assert.Empty(registry.Requests);
            return refused;
        }
    }
}
