using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CrunSharp.Registry.Credentials;

namespace CrunSharp.Registry.Http;

/// <summary>Exchanges what a user stored for a token that is good for one repository.</summary>
/// <remarks>distribution's token and OAuth2 specifications. Tokens live in memory only.</remarks>
internal sealed class TokenService(string registry, Connections connections, RegistryConfiguration configuration)
{
    private const int LargestAnswer = 1 << 20;

    /// <summary>What is sent to a service that names no other time.</summary>
    private static readonly TimeSpan s_shortestLife = TimeSpan.FromSeconds(60);

    /// <summary>Tokens are given up a little before their time: the answer may be long on its way.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    /// <param name="challenge">What the registry asked for.</param>
    /// <param name="repository">What the token is to be good for; empty only proves who asks.</param>
    /// <param name="actions">What is going to be done, where the challenge does not say.</param>
    /// <param name="credential">Stored for this registry; null asks as nobody.</param>
    /// <param name="origin">Where the challenge came from.</param>
    /// <param name="insecure">Whether plain http is allowed for that host.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RegistryFailureException">The service may not be asked, or did not answer with a token.</exception>
    /// <exception cref="RegistryRefusedException">The service refused the credential.</exception>
    public async Task<Grant> GetAsync(
        Challenge challenge,
        string repository,
        string actions,
        Credential? credential,
        Uri origin,
        bool insecure,
        CancellationToken cancellationToken)
    {
        Uri realm = CheckRealm(challenge["realm"], origin, insecure);
        bool isOwnHost = insecure && realm.IdnHost == origin.IdnHost;
        List<(string Name, string Value)> fields = [];
        if ((challenge["scope"] ?? (repository.Length == 0 ? null : $"repository:{repository}:{actions}")) is { } scope)
        {
            fields.Add(("scope", scope));
        }

        if (challenge["service"] is { } service)
        {
            fields.Insert(0, ("service", service));
        }

        Pause pause = new(configuration.Limits);
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan? asked = null;
            try
            {
                using HttpResponseMessage response = credential is { IsIdentityToken: true }
                    ? await ExchangeAsync(realm, fields, credential, isOwnHost, cancellationToken).ConfigureAwait(false)
                    : await AskAsync(realm, fields, credential, isOwnHost, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    byte[] answer = await Answers.ReadAsync(response, LargestAnswer, configuration.Limits.Answer, "token", cancellationToken).ConfigureAwait(false);
                    return Read(realm, answer, credential);
                }

                bool isTransient = (int)response.StatusCode is 429 or >= 500;
                if (!isTransient || attempt >= configuration.Limits.Attempts)
                {
                    RegistryRefusedException refusal = await Answers.RefusalAsync(response, configuration.Limits.Answer, cancellationToken).ConfigureAwait(false);

                    // OAuth2 says 400 for a refresh token that is no longer good.
                    HttpStatusCode status = credential is not null && response.StatusCode == HttpStatusCode.BadRequest ? HttpStatusCode.Unauthorized : refusal.Status;
                    throw new RegistryRefusedException(status, refusal.Code, refusal.Text) { Credential = credential };
                }

                asked = Pause.AskedFor(response);
            }
            catch (RegistryFailureException e) when (e.IsTransient && attempt < configuration.Limits.Attempts)
            {
                // Asked again below.
            }

            await pause.WaitAsync(asked, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The service's address, if a password may go there.</summary>
    private static Uri CheckRealm(string? text, Uri origin, bool insecure)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? realm) || realm.UserInfo.Length > 0 || realm.Fragment.Length > 0)
        {
            throw new RegistryFailureException(origin, $"it asks for a token from '{Printable.Line(text ?? "")}', which is no address");
        }

        // Plain http only where the registry's own connection is: then to this machine, or to the very host that was allowed by name.
        bool plainAllowed = origin.Scheme == "http" && (Loopback.Is(realm) || (insecure && realm.IdnHost == origin.IdnHost));
        return realm.Scheme == "https" || (realm.Scheme == "http" && plainAllowed)
            ? realm
            : throw new RegistryFailureException(origin, $"it asks for a token from '{Printable.Line(realm.GetLeftPart(UriPartial.Path))}', which is not https: no password goes there");
    }

    private Task<HttpResponseMessage> AskAsync(
        Uri realm,
        List<(string Name, string Value)> fields,
        Credential? credential,
        bool insecure,
        CancellationToken cancellationToken)
    {
        if (credential is not null)
        {
            fields = [.. fields, ("account", credential.User)];
        }

        string query = string.Join('&', fields.Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}"));
        UriBuilder address = new(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query };
        AuthenticationHeaderValue? header = credential is null ? null : Grant.BasicHeader(credential);
        return connections.FollowAsync(address.Uri, uri => new HttpRequestMessage(HttpMethod.Get, uri), header, insecure, cancellationToken);
    }

    // The token is in the body, so this one request follows no redirect at all.
    private Task<HttpResponseMessage> ExchangeAsync(
        Uri realm,
        List<(string Name, string Value)> fields,
        Credential credential,
        bool insecure,
        CancellationToken cancellationToken)
    {
        HttpRequestMessage request = new(HttpMethod.Post, realm)
        {
            Content = new FormUrlEncodedContent(
            [
                .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)),
                KeyValuePair.Create("grant_type", "refresh_token"),
                KeyValuePair.Create("refresh_token", credential.Secret),
                KeyValuePair.Create("client_id", "crun-sharp"),
            ]),
        };
        return connections.SendAsync(request, insecure, cancellationToken);
    }

    private Grant Read(Uri realm, byte[] answer, Credential? credential)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement root = document.RootElement;
            string? token = Text(root, "token") is { Length: > 0 } given ? given : Text(root, "access_token");
            if (string.IsNullOrEmpty(token) || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                throw new RegistryFailureException(realm, $"the token service of '{registry}' answered without a token");
            }

            TimeSpan life = root.TryGetProperty("expires_in", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out int count)
                ? TimeSpan.FromSeconds(count)
                : s_shortestLife;
            return new Grant(new AuthenticationHeaderValue("Bearer", token), DateTimeOffset.UtcNow + (life < s_shortestLife ? s_shortestLife : life) - s_margin, credential);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RegistryFailureException(realm, $"the token service of '{registry}' answered something that is no token");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
