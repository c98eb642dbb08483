using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CrunSharp.Registry.Http;

/// <summary>The connections to one host and port, kept for the next request, and what its certificate has to prove.</summary>
internal sealed class Connection : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly bool _insecure;
    private readonly CertificateDirectory _certificates;
    private readonly HttpMessageInvoker _invoker;

    public Connection(string registry, bool insecure, RegistryConfiguration configuration, IWebProxy proxy)
    {
        _insecure = insecure;
        _certificates = CertificateDirectory.Find(registry, configuration);
        SocketsHttpHandler handler = new()
        {
            // Redirects are followed by hand: this handler would not know where an authorization may go.
            AllowAutoRedirect = false,
            UseCookies = false,

            // A digest is over the bytes that were stored, so nothing may unpack them on the way.
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = configuration.Limits.Connect,
            MaxResponseHeadersLength = 64,
            Proxy = proxy,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = Validate;
        if (_certificates.ClientCertificates.Count > 0)
        {
            handler.SslOptions.ClientCertificates = _certificates.ClientCertificates;
        }

        _invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>Why the last certificate was refused; null while none was.</summary>
    public string? CertificateRefusal { get; private set; }

    /// <summary>Whether anything here ever answered a TLS handshake.</summary>
    public bool SawCertificate { get; private set; }

    public string CertificatePlace => _certificates.Path;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    public void Dispose() => _invoker.Dispose();

    private bool Validate(object sender, X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors)
    {
        SawCertificate = true;
        if (errors == SslPolicyErrors.None || _insecure)
        {
            return true;
        }

        if (presented is not X509Certificate2 certificate)
        {
            CertificateRefusal = "it presents no certificate";
            return false;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            CertificateRefusal = $"its certificate is for '{NamesOf(certificate)}', not for this host";
            return false;
        }

        using X509Chain own = new();
        if (_certificates.Authorities.Count > 0)
        {
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.CustomTrustStore.AddRange(_certificates.Authorities);
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            own.ChainPolicy.DisableCertificateDownloads = true;
            own.ChainPolicy.ExtraStore.AddRange(chain?.ChainPolicy.ExtraStore ?? []);
            if (own.Build(certificate))
            {
                return true;
            }
        }

        CertificateRefusal = Describe(certificate, _certificates.Authorities.Count > 0 ? own : chain);
        return false;
    }

    private static string Describe(X509Certificate2 certificate, X509Chain? chain)
    {
        X509ChainStatusFlags flags = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (sum, status) => sum | status.Status);
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return DateTime.Now > certificate.NotAfter
                ? $"its certificate ended on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}"
                : $"its certificate, or one that it rests on, is not valid today ({DateTime.UtcNow:yyyy-MM-dd})";
        }

        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            return certificate.Subject == certificate.Issuer
                ? $"its certificate ('{Printable.Line(certificate.Subject)}') is signed by nobody but itself"
                : $"its certificate is signed by '{Printable.Line(certificate.Issuer)}', an authority that this host does not know";
        }

        return $"its certificate is not acceptable ({flags})";
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string list = string.Join("', '", (names?.EnumerateDnsNames() ?? []).Concat(names?.EnumerateIPAddresses().Select(address => address.ToString()) ?? []));
        return Printable.Line(list.Length > 0 ? list : certificate.Subject);
    }
}
