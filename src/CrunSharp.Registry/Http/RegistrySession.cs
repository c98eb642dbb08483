using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using CrunSharp.Registry.Credentials;

namespace CrunSharp.Registry.Http;

/// <summary>One registry: which scheme it speaks, what it granted, and the asking again.</summary>
/// <remarks>Nothing is asked beforehand: the first real request finds out what the registry wants.</remarks>
internal sealed class RegistrySession(
    string registry,
    bool insecure,
    ICredentialSource credentials,
    Connections connections,
    RegistryConfiguration configuration) : IDisposable
{
    public const string DockerHubHost = "registry-1.docker.io";

    private readonly bool _insecure = insecure || configuration.IsInsecure(registry);
    private readonly ConcurrentDictionary<string, Grant> _grants = new();
    private readonly SemaphoreSlim _schemeGate = new(1);
    private readonly SemaphoreSlim _grantGate = new(1);
    private readonly TokenService _tokens = new(registry, connections, configuration);
    private Uri? _base;

    /// <summary>Asks for something of a repository, until there is an answer or no hope.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="attempts">How often, at most.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="RegistryFailureException">There was none that can be used.</exception>
    /// <exception cref="RegistryRefusedException">The answer is no.</exception>
    public async Task<HttpResponseMessage> RequestAsync(RegistryRequest request, int attempts, CancellationToken cancellationToken)
    {
        Pause pause = new(configuration.Limits);
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan? asked = null;
            try
            {
                HttpResponseMessage response = await AskAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    bool isTransient = (int)response.StatusCode is 408 or 429 or 500 or 502 or 503 or 504;
                    if (!isTransient || attempt >= attempts)
                    {
                        throw await Answers.RefusalAsync(response, configuration.Limits.Answer, cancellationToken).ConfigureAwait(false);
                    }

                    asked = Pause.AskedFor(response);
                }
            }
            catch (RegistryFailureException e) when (e.IsTransient && attempt < attempts)
            {
                // Asked again below.
            }

            await pause.WaitAsync(asked, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _schemeGate.Dispose();
        _grantGate.Dispose();
    }

    private async Task<HttpResponseMessage> AskAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        Grant? used = _grants.TryGetValue(request.Repository, out Grant? known) && known.IsFresh ? known : null;
        HttpResponseMessage response = await SendAsync(request, used, cancellationToken).ConfigureAwait(false);
        if (!IsChallenge(response))
        {
            return response;
        }

        using (response)
        {
            Grant grant = await GrantAsync(request, used, response, cancellationToken).ConfigureAwait(false);
            HttpResponseMessage second = await SendAsync(request, grant, cancellationToken).ConfigureAwait(false);
            if (!IsChallenge(second) && second.StatusCode != HttpStatusCode.Forbidden)
            {
                return second;
            }

            using (second)
            {
                _grants.TryRemove(request.Repository, out _);
                throw await DescribeAsync(second, grant, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Only the registry itself may ask who one is; where it redirected to may not.</summary>
    private bool IsChallenge(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.Unauthorized && Connections.SameOrigin(response.RequestMessage!.RequestUri!, _base!);

    private async Task<Grant> GrantAsync(RegistryRequest request, Grant? used, HttpResponseMessage refused, CancellationToken cancellationToken)
    {
        string repository = request.Repository;

        // Blobs come in parallel: one of them asks for the token, the others find it.
        await _grantGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_grants.TryGetValue(repository, out Grant? other) && other != used && other.IsFresh)
            {
                return other;
            }

            List<string> notes = [];
            Credential? credential = await credentials.FindAsync(registry, repository, notes, cancellationToken).ConfigureAwait(false);
            List<Challenge> challenges = Challenge.Parse(refused.Headers.WwwAuthenticate.Count > 0
                ? refused.Headers.NonValidated.TryGetValues("WWW-Authenticate", out HeaderStringValues raw) ? raw : []
                : []);
            Grant? grant = null;
            if (challenges.Find(challenge => challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is { } bearer)
            {
                grant = await _tokens.GetAsync(bearer, repository, request.Pushes ? "pull,push" : "pull", credential, _base!, _insecure, cancellationToken).ConfigureAwait(false);
            }
            else if (challenges.Exists(challenge => challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
                && credential is { IsIdentityToken: false })
            {
                grant = Grant.Basic(credential);
            }

            if (grant is null)
            {
                throw await DescribeAsync(refused, new Grant(null, DateTimeOffset.MinValue, null) { Notes = notes }, cancellationToken).ConfigureAwait(false);
            }

            return _grants[repository] = grant with { Notes = notes };
        }
        finally
        {
            _grantGate.Release();
        }
    }

    private async Task<RegistryRefusedException> DescribeAsync(HttpResponseMessage response, Grant grant, CancellationToken cancellationToken)
    {
        RegistryRefusedException refusal = await Answers.RefusalAsync(response, configuration.Limits.Answer, cancellationToken).ConfigureAwait(false);
        return new RegistryRefusedException(refusal.Status, refusal.Code, refusal.Text) { Credential = grant.Credential, Notes = grant.Notes };
    }

    private async Task<HttpResponseMessage> SendAsync(RegistryRequest request, Grant? grant, CancellationToken cancellationToken)
    {
        if (_base is { } known)
        {
            return await SendToAsync(known).ConfigureAwait(false);
        }

        await _schemeGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_base is { } decided)
            {
                return await SendToAsync(decided).ConfigureAwait(false);
            }

            string host = registry == "docker.io" ? DockerHubHost : registry;
            Uri secure = new($"https://{host}/v2/");
            try
            {
                HttpResponseMessage response = await SendToAsync(secure).ConfigureAwait(false);
                _base = secure;
                return response;
            }
            catch (RegistryFailureException e) when (e.MayBePlain && (_insecure || Loopback.Is(secure)))
            {
                // Allowed by name, or nobody is on the way: everywhere else a missing TLS is the end.
                Uri plain = new($"http://{host}/v2/");
                HttpResponseMessage response = await SendToAsync(plain).ConfigureAwait(false);
                _base = plain;
                return response;
            }
        }
        finally
        {
            _schemeGate.Release();
        }

        Task<HttpResponseMessage> SendToAsync(Uri root)
        {
            Uri uri = request.Place ?? new Uri(root, request.Target);
            if (request.Reads)
            {
                return connections.FollowAsync(uri, request.Make, grant?.Header, _insecure, cancellationToken);
            }

            HttpRequestMessage message = request.Make(uri);
            message.Headers.Authorization = grant?.Header;
            return connections.SendAsync(message, _insecure, cancellationToken);
        }
    }
}
