using System.Net.Http.Headers;

namespace CrunSharp.Registry.Http;

/// <summary>A request below <c>/v2/REPOSITORY/</c>; to <c>/v2/</c> itself where both are empty.</summary>
internal sealed record RegistryRequest(string Repository, string Path)
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>What is sent; made anew for each try.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Where an upload goes on, in the registry's own words; it stands for the path.</summary>
    public Uri? Place { get; init; }

    /// <summary>What may be read may come from elsewhere; what is written goes to the registry itself.</summary>
    public bool Reads => Method == HttpMethod.Get || Method == HttpMethod.Head;

    /// <summary>Whether it belongs to a push, whose token must be good for writing.</summary>
    public bool Pushes { get; init; }

    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte wanted.</summary>
    public long From { get; init; }

    public string Target => Repository.Length == 0 ? Path : $"{Repository}/{Path}";

    public HttpRequestMessage Make(Uri uri)
    {
        HttpRequestMessage request = new(Method, uri) { Content = Content?.Invoke() };
        foreach (string type in Accept)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        if (From > 0)
        {
            request.Headers.Range = new RangeHeaderValue(From, null);
        }

        return request;
    }
}
