using System.Collections.Concurrent;
using System.Net.Http.Headers;

namespace CrunSharp.Registry.Http;

/// <summary>All connections of a client, by host; the rules about where a request may go.</summary>
internal sealed class Connections(RegistryConfiguration configuration) : IDisposable
{
    private const int MostRedirects = 5;

    private static readonly ProductInfoHeaderValue s_agent = new("crun-sharp", typeof(Connections).Assembly.GetName().Version?.ToString(3));

    private readonly ConcurrentDictionary<(string Host, bool Insecure), Lazy<Connection>> _connections = new();
    private readonly Lazy<EnvironmentProxy> _proxy = new(() => new EnvironmentProxy(configuration.Environment));

    /// <summary>Sends to one host, without following where it points.</summary>
    /// <exception cref="RegistryFailureException">There was no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool insecure, CancellationToken cancellationToken)
    {
        Uri uri = request.RequestUri!;
        Connection connection = For(uri, insecure);
        request.Headers.UserAgent.Add(s_agent);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(configuration.Limits.Answer);
        if (request.Content is BlobContent content)
        {
            // A large blob takes its time: what counts is that some of it goes out.
            content.Progressed = () => limit.CancelAfter(configuration.Limits.Answer);
        }

        try
        {
            return await connection.SendAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The time to connect ends in this too, with a cause of its own.
            string why = e.InnerException is TimeoutException
                ? $"it did not accept a connection for {configuration.Limits.Connect.TotalSeconds:0.#} s"
                : $"it did not answer for {configuration.Limits.Answer.TotalSeconds:0.#} s";
            throw new RegistryFailureException(uri, why, e) { IsTransient = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw RegistryFailureException.From(uri, e, connection);
        }
    }

    /// <summary>Sends, and follows redirects; an authorization stays with the host it was made for.</summary>
    /// <param name="first">Where the way begins.</param>
    /// <param name="make">Makes the request anew for each hop.</param>
    /// <param name="authorization">For the first host only: after the first step elsewhere it is gone for good.</param>
    /// <param name="insecure">Whether plain http was allowed for the first host.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RegistryFailureException">No answer, or a way that may not be taken.</exception>
    public async Task<HttpResponseMessage> FollowAsync(
        Uri first,
        Func<Uri, HttpRequestMessage> make,
        AuthenticationHeaderValue? authorization,
        bool insecure,
        CancellationToken cancellationToken)
    {
        Uri uri = first;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            bool isFirstHost = SameOrigin(uri, first);
            authorization = isFirstHost ? authorization : null;
            HttpRequestMessage request = make(uri);
            request.Headers.Authorization = authorization;
            HttpResponseMessage response = await SendAsync(request, isFirstHost && insecure, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            Uri next = location.IsAbsoluteUri ? location : new Uri(uri, location);
            bool allowed = next.Scheme == "https" || (next.Scheme == "http" && first.Scheme == "http" && IsPlainAllowed(next, first, insecure));
            if (!allowed || next.UserInfo.Length > 0)
            {
                throw new RegistryFailureException(first, $"it redirects to '{Printable.Line(next.GetLeftPart(UriPartial.Path))}', which is not https");
            }

            uri = next;
        }

        throw new RegistryFailureException(first, $"it redirects more than {MostRedirects} times");
    }

    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && one.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase);

    public void Dispose()
    {
        foreach (Lazy<Connection> connection in _connections.Values.Where(connection => connection.IsValueCreated))
        {
            connection.Value.Dispose();
        }
    }

    private bool IsPlainAllowed(Uri target, Uri first, bool insecure) =>
        Loopback.Is(target) || (insecure && target.IdnHost == first.IdnHost) || configuration.IsInsecure(target.Authority);

    private Connection For(Uri uri, bool insecure) =>
        _connections.GetOrAdd(
            (uri.IdnHost + ":" + uri.Port, insecure),
            _ => new Lazy<Connection>(() => new Connection(NameOf(uri), insecure, configuration, _proxy.Value))).Value;

    // Directories are named as people type: without a default port, and Docker Hub by its name.
    private static string NameOf(Uri uri) => uri.IdnHost == RegistrySession.DockerHubHost ? "docker.io" : uri.Authority;
}
