using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CrunSharp.Oci;

namespace CrunSharp.Registry.Http;

/// <summary>The authorities and the client certificate that the host keeps for one registry.</summary>
/// <remarks>containers-certs.d(5): <c>*.crt</c> are authorities, <c>NAME.cert</c> with <c>NAME.key</c> is the client's own.</remarks>
internal sealed class CertificateDirectory
{
    private CertificateDirectory(string path) => Path = path;

    /// <summary>Where they are; where none are, the first place one could be put.</summary>
    public string Path { get; }

    public X509Certificate2Collection Authorities { get; } = [];

    public X509Certificate2Collection ClientCertificates { get; } = [];

    /// <exception cref="CrunException">A file in the directory is no certificate, or lacks its key.</exception>
    public static CertificateDirectory Find(string registry, RegistryConfiguration configuration)
    {
        List<string> places = [System.IO.Path.Combine(configuration.SystemDirectory, "containers", "certs.d", registry)];
        places.Add(System.IO.Path.Combine(configuration.SystemDirectory, "docker", "certs.d", registry));
        if (configuration.ConfigHome is { } config)
        {
            places.Insert(0, System.IO.Path.Combine(config, "containers", "certs.d", registry));
        }

        CertificateDirectory directory = new(places.Find(Directory.Exists) ?? places[^2]);
        directory.Load();
        return directory;
    }

    private void Load()
    {
        string current = Path;
        try
        {
            string[] files = Directory.Exists(Path) ? Directory.GetFiles(Path) : [];
            foreach (string file in files.Order(StringComparer.Ordinal))
            {
                current = file;
                switch (System.IO.Path.GetExtension(file))
                {
                    case ".crt":
                        LoadAuthorities(file);
                        break;
                    case ".cert":
                        LoadClient(file, System.IO.Path.ChangeExtension(file, ".key"));
                        break;
                }
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CrunException($"cannot use the certificate '{current}'", e is CryptographicException ? "it is not a certificate in PEM or DER form" : "it cannot be read", e);
        }
    }

    private void LoadAuthorities(string file)
    {
        int before = Authorities.Count;
        Authorities.ImportFromPemFile(file);
        if (Authorities.Count == before)
        {
            Authorities.Add(X509CertificateLoader.LoadCertificateFromFile(file));
        }
    }

    private void LoadClient(string file, string key)
    {
        if (!File.Exists(key))
        {
            throw new CrunException($"cannot use the client certificate '{file}'", $"its key '{key}' is missing");
        }

        ClientCertificates.Add(X509Certificate2.CreateFromPemFile(file, key));
    }
}
