export default (request, response) => response.json(request.body);
