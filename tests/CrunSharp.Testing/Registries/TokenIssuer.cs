using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CrunSharp.Testing;

/// <summary>A token service as a registry with <c>auth.token</c> expects one: signs what its users may do.</summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    public const string Service = "test-registry";
    public const string Issuer = "test-issuer";

    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly LoopbackServer _server;
    private readonly string? _expected;

    /// <param name="user">Who may do what they ask for; null lets anybody.</param>
    /// <param name="password">Their password.</param>
    public TokenIssuer(string? user = null, string? password = null)
    {
        _expected = user is null ? null : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";
        CertificateRequest request = new("CN=test token issuer", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        _server = new LoopbackServer(AnswerAsync);
    }

    /// <summary>What the registry names as its realm.</summary>
    public Uri Realm => new(_server.Address, "token");

    /// <summary>What the registry trusts: <c>rootcertbundle</c>.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    public IReadOnlyList<LoopbackRequest> Requests => _server.Requests;

    /// <summary>How long its tokens are good.</summary>
    public TimeSpan Life { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A token for one repository.</summary>
    public string Issue(string repository, params string[] actions)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string header = $$"""{"typ":"JWT","alg":"RS256","x5c":["{{Convert.ToBase64String(_certificate.RawData)}}"]}""";
        string access = string.Join(',', actions.Select(action => $"\"{action}\""));
        string claims = string.Create(CultureInfo.InvariantCulture,
            $$"""{"iss":"{{Issuer}}","sub":"tester","aud":"{{Service}}","exp":{{now + (long)Life.TotalSeconds}},"nbf":{{now - 10}},"iat":{{now}},"jti":"{{Guid.NewGuid()}}","access":[{"type":"repository","name":"{{repository}}","actions":[{{access}}]}]}""");
        string signed = $"{Pack(Encoding.UTF8.GetBytes(header))}.{Pack(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Pack(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Task AnswerAsync(LoopbackExchange exchange)
    {
        LoopbackRequest request = exchange.Request;
        if (_expected is not null && request.Authorization != _expected)
        {
            return exchange.AnswerAsync(401, """{"details":"incorrect username or password"}""");
        }

        string[] scope = request.Query("scope")?.Split(':') ?? [];
        string repository = scope.ElementAtOrDefault(1) ?? "";
        string[] actions = scope.ElementAtOrDefault(2)?.Split(',') ?? [];
        return exchange.AnswerAsync(200, $$"""{"token":"{{Issue(repository, actions)}}","expires_in":{{(int)Life.TotalSeconds}}}""", ("Content-Type", "application/json"));
    }

    private static string Pack(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
