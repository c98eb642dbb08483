using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace CrunSharp.Testing;

public sealed record TestRegistryOptions
{
    /// <summary>Asks for this name and password (htpasswd).</summary>
    public (string User, string Password)? Basic { get; init; }

    /// <summary>Asks for tokens of this issuer.</summary>
    public TokenIssuer? Tokens { get; init; }

    /// <summary>Speaks TLS with this certificate and its key.</summary>
    public X509Certificate2? Certificate { get; init; }
}

/// <summary>Debian's docker-registry on a free port of 127.0.0.1, with a store of its own.</summary>
public sealed partial class TestRegistry : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly TestRegistryOptions _options;
    private readonly Process _process;
    private readonly HttpClient _http;

    private TestRegistry(TemporaryDirectory directory, TestRegistryOptions options, Process process, int port)
    {
        (_directory, _options, _process, Port) = (directory, options, process, port);
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == options.Certificate?.GetCertHashString() },
        })
        {
            BaseAddress = new Uri($"{(options.Certificate is null ? "http" : "https")}://{Authority}/"),
        };
    }

    public static Need Installed { get; } = Host.Command("docker-registry");

    /// <summary>What makes a password file.</summary>
    public static Need PasswordTool { get; } = Host.Command("htpasswd", "apache2-utils");

    public int Port { get; }

    /// <summary>Host and port, as they begin an image's name.</summary>
    public string Authority => $"127.0.0.1:{Port}";

    public static async Task<TestRegistry> StartAsync(TestRegistryOptions? options = null)
    {
        options ??= new TestRegistryOptions();
        TemporaryDirectory directory = new();
        string config = directory.Write("config.yml", Configure(directory, options));
        Process process = Command.Start(new CommandOptions { Environment = new Dictionary<string, string?> { ["OTEL_TRACES_EXPORTER"] = "none" } }, "docker-registry", "serve", config);
        StringBuilder log = new();
        TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            log.AppendLine(line.Data);
            if (line.Data is null)
            {
                port.TrySetException(new InvalidOperationException($"docker-registry ended\n{log}"));
            }
            else if (Listening().Match(line.Data) is { Success: true } match)
            {
                port.TrySetResult(int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new TestRegistry(directory, options, process, await port.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    public async Task PushAsync(string repository, string tag, TestImage image)
    {
        await PushBlobAsync(repository, image.Config);
        foreach (byte[] layer in image.Layers)
        {
            await PushBlobAsync(repository, layer);
        }

        await PushManifestAsync(repository, image.ManifestDigest, image.Manifest, image.ManifestType);
        await PushManifestAsync(repository, tag, image.Manifest, image.ManifestType);
    }

    public async Task PushBlobAsync(string repository, byte[] content)
    {
        using HttpResponseMessage begun = await SendAsync(repository, new HttpRequestMessage(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/"));
        Uri location = new(_http.BaseAddress!, begun.Headers.Location!);
        UriBuilder place = new(location) { Query = $"{location.Query.TrimStart('?')}&digest={Uri.EscapeDataString(TestImage.DigestOf(content))}" };
        using HttpResponseMessage done = await SendAsync(repository, new HttpRequestMessage(HttpMethod.Put, place.Uri)
        {
            Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
        });
    }

    public async Task PushManifestAsync(string repository, string tagOrDigest, byte[] manifest, string mediaType)
    {
        using HttpResponseMessage done = await SendAsync(repository, new HttpRequestMessage(HttpMethod.Put, $"/v2/{repository}/manifests/{tagOrDigest}")
        {
            Content = new ByteArrayContent(manifest) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
        });
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        await _directory.DisposeAsync();
    }

    private static string Configure(TemporaryDirectory directory, TestRegistryOptions options)
    {
        StringBuilder yaml = new();
        yaml.Append("version: 0.1\n").Append("storage:\n  filesystem:\n    rootdirectory: ").Append(directory.Make("store")).Append('\n');
        yaml.Append("http:\n  addr: 127.0.0.1:0\n");
        if (options.Certificate is { } certificate)
        {
            string key = directory.Write("server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            string chain = directory.Write("server.crt", certificate.ExportCertificatePem());
            yaml.Append("  tls:\n    certificate: ").Append(chain).Append("\n    key: ").Append(key).Append('\n');
        }

        if (options.Basic is { } basic)
        {
            string line = Command.Run("htpasswd", "-nbB", basic.User, basic.Password).Succeeded().Output.Trim();
            yaml.Append("auth:\n  htpasswd:\n    realm: test\n    path: ").Append(directory.Write("htpasswd", $"{line}\n")).Append('\n');
        }
        else if (options.Tokens is { } tokens)
        {
            string roots = directory.Write("issuer.crt", tokens.CertificatePem);
            yaml.Append("auth:\n  token:\n    realm: ").Append(tokens.Realm).Append("\n    service: ").Append(TokenIssuer.Service)
                .Append("\n    issuer: ").Append(TokenIssuer.Issuer).Append("\n    rootcertbundle: ").Append(roots).Append('\n');
        }

        return yaml.ToString();
    }

    private async Task<HttpResponseMessage> SendAsync(string repository, HttpRequestMessage request)
    {
        if (_options.Basic is { } basic)
        {
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{basic.User}:{basic.Password}")));
        }
        else if (_options.Tokens is { } tokens)
        {
            request.Headers.Authorization = new("Bearer", tokens.Issue(repository, "pull", "push"));
        }

        HttpResponseMessage response = await _http.SendAsync(request);
        return response.IsSuccessStatusCode
            ? response
            : throw new InvalidOperationException($"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:([0-9]+)")]
    private static partial Regex Listening();
}
